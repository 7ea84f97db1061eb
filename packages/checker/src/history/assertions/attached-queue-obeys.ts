import { covers, inForceThrough } from '../indexed.ts';
import type { Assertion } from '../violation.ts';

/**
 * A16. By what the workers of an attached engine saw: no claim that was asked for after a pause was answered, and
 * answered before that pause could have ended, brought a job which the pause covers, under any role.
 */
export const noAttachedClaimUnderAPause: Assertion = (history) =>
  history.calls('attached.claim').flatMap(({ invoke, ok }) => {
    if (ok === undefined) return [];
    const inForce = inForceThrough(history, invoke.t, ok.t);
    return ok.jobs.flatMap((job) =>
      inForce
        .filter((pause) => covers(pause, job))
        .map((pause) => ({
          assertion: 'A16' as const,
          t: ok.t,
          what:
            `a claim of ${ok.proc} in the attached queue brought job ${job.job} under pause ${pause.id} on ` +
            `${pause.kind} ${pause.value}`,
        })),
    );
  });

// Another claim may hold a few of them at that moment, also one whose process has just been killed.
const FREE_MAX = 4;

/**
 * A17. Under a role that the policy binds no claim of an attached engine comes back empty while free jobs wait (P9).
 */
export const freeAttachedJobsRun: Assertion = (history) =>
  history.events.flatMap((event) =>
    event.op === 'attached.idle' && event.free > FREE_MAX
      ? [
          {
            assertion: 'A17' as const,
            t: event.t,
            what: `a claim of ${event.proc} in the attached queue brought nothing while ${event.free} free jobs waited`,
          },
        ]
      : [],
  );
