import type { Database } from '@orchestra/database';
import { extendPause, IDEMPOTENCY_CODES, toPauseView } from '@orchestra/pause-core';
import { extendRequest, pauseView } from '@orchestra/pause-core/contract';
import { route, type Route } from '@orchestra/service-shell';

export function extendRoute({ brake }: { brake: Database }): Route {
  return route({
    method: 'post',
    path: '/api/senate/extend',
    permission: 'pause',
    refuses: ['pause_not_found', 'pause_not_active', ...IDEMPOTENCY_CODES],
    summary: 'give an active pause another end',
    description:
      'Counted from now; it may also come sooner than the former one. A pause that stayed or probes, its ' +
      'time being over, is then as before that. One that has ended is not brought back: pause anew.',
    body: extendRequest,
    answer: pauseView,
    handle: async ({ body, caller, idempotency, log }) => {
      const pause = await extendPause(
        brake,
        { id: body.id, ttlSeconds: body.ttl_seconds, endsAs: body.then, by: caller.name, reason: body.reason },
        idempotency,
      );
      log.info({ pause_id: pause.id, ttl_seconds: body.ttl_seconds, by: caller.name }, 'extended');
      return toPauseView(pause);
    },
  });
}
