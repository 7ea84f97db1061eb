import { covers, inForceThrough } from '../indexed.ts';
import type { Assertion } from '../violation.ts';

/**
 * A2. By what the callers saw alone: no claim that was asked for after a pause was answered, and answered before that
 * pause could have ended, brought a task which the pause covers, but one that was let go under it.
 */
export const noClaimUnderAnAnsweredPause: Assertion = (history) =>
  history.calls('claim').flatMap(({ invoke, ok }) => {
    if (ok === undefined) return [];
    const inForce = inForceThrough(history, invoke.t, ok.t);
    return ok.tasks.flatMap((task) =>
      inForce
        .filter((pause) => covers(pause, task) && !history.letThrough(task.task, task.run, pause.id))
        .map((pause) => ({
          assertion: 'A2' as const,
          t: ok.t,
          what:
            `a claim of ${ok.proc} brought task ${task.task} (run ${task.run}) under pause ${pause.id} on ` +
            `${pause.kind} ${pause.value}`,
        })),
    );
  });

/**
 * A3. By what the database kept: no claim that began when a pause was in force, and committed before it ended, took a
 * task which the pause covers (P1); and none at all committed after the pause had been called settled (P2). A claim
 * that had begun before an unsettled answer may end after it.
 *
 * A claim looks at the time at which its transaction began, so that one may still see a pause which has ended
 * meanwhile, and one that began before a clear may already see it cleared: both are legal, and neither is counted.
 */
export const noClaimInsideAPause: Assertion = (history) => {
  const claims = history.testimony.events.filter((event) => event.kind === 'claimed');
  return history.pauses.flatMap((pause) =>
    claims.flatMap((claim) => {
      const task = history.tasks.get(claim.task);
      if (task === undefined || !covers(pause, task) || history.letThrough(claim.task, claim.run, pause.id)) return [];
      const before = claim.committedAt < (pause.clearedAt ?? Infinity) && claim.at < pause.endsAt - 1;
      if (!before) return [];
      const found = (why: string) => [
        {
          assertion: 'A3' as const,
          t: history.toHistory(claim.committedAt),
          what:
            `task ${claim.task} was claimed (run ${claim.run}) ${why} pause ${pause.id} on ${pause.kind} ` +
            `${pause.value}`,
        },
      ];
      if (claim.at > pause.boundFrom + history.slackMs) return found('by a claim that began under');
      const settledAt = pause.call?.ok?.settled ? pause.boundFrom : Infinity;
      return claim.committedAt > settledAt + history.slackMs ? found('after the settled answer of') : [];
    }),
  );
};
