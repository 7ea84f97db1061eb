import type { Database } from '@orchestra/database';
import { IDEMPOTENCY_CODES } from '@orchestra/pause-core';
import { route, type CallSpan, type Logger, type Route } from '@orchestra/service-shell';
import { traceLinks, type ClaimOrder, type GatedRepos, type RunnerReservations } from '@orchestra/task-queue';
import { claimAnswer, claimRequest, type ClaimAnswer } from '@orchestra/task-queue/contract';
import type { z } from 'zod';
import { claimForCaller, endAndClaim, type ClaimPlace } from '../claim-for-caller.ts';
import type { TellEndings } from '../told-endings.ts';
import type { WaitingRoom } from '../waiting/waiting-room.ts';
import { asSent, ownRuns } from '../own-runs.ts';
import { claimWithin } from '../within-labels.ts';

/** Told that a worker has asked for tasks. */
export type Saw = (claim: Pick<z.output<typeof claimRequest>, 'worker' | 'host' | 'agents' | 'skills'>) => void;

export function claimRoute({
  db,
  place,
  room,
  leaseSeconds,
  gatedRepos,
  kept,
  told,
  saw,
}: {
  db: Database;
  place: ClaimPlace;
  room: WaitingRoom;
  leaseSeconds: number;
  gatedRepos: GatedRepos;
  kept: RunnerReservations;
  told: TellEndings;
  saw: Saw;
}): Route {
  return route({
    method: 'post',
    path: '/api/tasks/claim',
    permission: 'run_tasks',
    isHot: true,
    refuses: ['label_not_allowed', 'too_many_waiters', 'token_share_used', ...IDEMPOTENCY_CODES],
    summary: 'take tasks for a worker',
    description:
      'By priority, then by place, and none that an active pause covers; of each gated repo the first in ' +
      'line at the most, where its serial gate is open. What is kept for a runner goes to claims alone ' +
      'that name it, as the skill `runner:<skill>`. Where there is none, the call waits up to ' +
      '`wait_seconds` for one and then answers an empty list. ' +
      'A token with labels gets tasks under them alone; one that asks for others is refused with ' +
      '`label_not_allowed`. The runs belong to the token: no other one can end them, or sees their `run_id`. ' +
      'Send heartbeats well within `lease_seconds`, or the run is taken away. With an `Idempotency-Key`, a ' +
      'repeated call gets the tasks of the first one that are still its own; ' +
      'without one, the tasks of a caller that goes away before its answer go back to the queue. ' +
      'A worker that has finished runs may bring them along as `ended`: they end before the claim, whether ' +
      'or not the call then waits or finds anything, and each has its own answer as with ' +
      '`/api/tasks/finish`. Endings and claim are one transaction, but with an `Idempotency-Key`, and ' +
      'where the serial gate holds for some repos only or is off: then the endings are committed first.',
    body: claimRequest,
    answer: claimAnswer,
    handle: async ({ body, caller: holder, idempotency, gone, log, span }) => {
      const want = claimWithin(holder, body);
      const {
        worker,
        limit,
        host,
        pid,
        boot_id: bootId,
        pid_namespace: pidNamespace,
        process_started: processStarted,
      } = body;
      const order: ClaimOrder = {
        ...want,
        worker,
        owner: holder.runKey,
        limit,
        host,
        pid,
        bootId,
        pidNamespace,
        processStarted,
        leaseSeconds,
        gatedRepos,
        keptForRunners: kept,
        begins: limit - Math.min(body.ahead, limit),
      };
      const caller = { idempotency, gone, log };
      saw({ worker, host, agents: want.agents?.slice(), skills: want.skills?.slice() });
      const callsSeen = room.calls;
      const ended = body.ended === undefined || body.ended.length === 0 ? undefined : ownRuns(holder, body.ended);
      const mayWait = body.wait_seconds > 0 && idempotency === undefined;
      // The endings are true before anybody waits for a task.
      const first =
        ended === undefined
          ? { tasks: mayWait && room.nothingFor(want) ? [] : await claimForCaller(place, order, caller) }
          : await endAndClaim(place, ended, order, caller);
      if (ended !== undefined && 'ended' in first) {
        told(ended, first.ended);
        first.ended = asSent(first.ended, body.ended ?? []);
      }
      const attempt = () => claimForCaller(place, order, caller);
      const answer =
        first.tasks.length > 0 || body.wait_seconds === 0
          ? first
          : {
              ...first,
              tasks: await room.wait({
                token: holder.id,
                want,
                attempt,
                waitMs: body.wait_seconds * 1_000,
                gone,
                callsSeen,
              }),
            };
      if (span !== undefined) await tie(db, span, answer, limit, log);
      return answer;
    },
  });
}

/**
 * Ties a claim's span to the calls that added its tasks and to those that paused them. A claim that was made stands,
 * whatever becomes of this.
 */
async function tie(
  db: Database,
  span: CallSpan,
  { tasks }: Pick<ClaimAnswer, 'tasks'>,
  limit: number,
  log: Logger,
): Promise<void> {
  try {
    const kept = await traceLinks(
      db,
      tasks.map(({ id }) => id),
      tasks.length >= limit,
    );
    for (const { of, id, traceparent } of kept)
      span.link(traceparent, { 'orchestra.of': of, [`orchestra.${of}_id`]: id });
  } catch (err) {
    log.debug({ err }, 'the traces of what was claimed could not be read');
  }
}
