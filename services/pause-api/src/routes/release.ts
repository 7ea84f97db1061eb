import { IDEMPOTENCY_CODES } from '@orchestra/pause-core';
import { backlogReleaseAnswer, backlogReleaseRequest } from '@orchestra/pause-core/contract';
import { route, type Route } from '@orchestra/service-shell';
import { releaseBacklog, stopRelease } from '@orchestra/task-queue';
import type { RouteDependencies } from './index.ts';

export function releaseRoute({ db, queue }: Pick<RouteDependencies, 'db' | 'queue'>): Route {
  return route({
    method: 'post',
    path: '/api/senate/release',
    permission: 'pause',
    refuses: [
      'pause_not_found',
      'pause_not_active',
      'pause_probes',
      'nothing_to_release',
      'release_too_fast',
      ...IDEMPOTENCY_CODES,
    ],
    summary: 'let a paused backlog go, one task after the other',
    description:
      'In the order of the queue, and each once the one before has started. The pause holds on, without an ' +
      'expiry, and ends when nothing that it covers waits any more. ' +
      'With `one` a single task is let go, and the pause stays as it is. A second release takes the place ' +
      'of the first; `stop` ends it.',
    body: backlogReleaseRequest,
    answer: backlogReleaseAnswer,
    handle: async ({ body, caller, idempotency, log }) => {
      const order = { pauseId: body.id, by: caller.name, reason: body.reason };
      const release =
        body.stop === true
          ? await stopRelease(db, order)
          : await releaseBacklog(
              db,
              {
                ...order,
                pace:
                  body.gap_seconds !== undefined
                    ? { gapSeconds: body.gap_seconds }
                    : body.within_seconds !== undefined
                      ? { withinSeconds: body.within_seconds }
                      : { one: true },
              },
              queue?.gatedRepos,
              idempotency,
            );
      log.info(
        { pause_id: body.id, by: caller.name, gap_seconds: release?.gap_seconds, task_id: release?.last_task_id },
        body.stop === true ? 'release stopped' : 'released',
      );
      return { release };
    },
  });
}
