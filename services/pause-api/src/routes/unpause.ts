import type { Database } from '@orchestra/database';
import { toPauseView, unpauseScope } from '@orchestra/pause-core';
import { unpauseAnswer, unpauseRequest } from '@orchestra/pause-core/contract';
import { route, type Route } from '@orchestra/service-shell';

export function unpauseRoute({ brake }: { brake: Database }): Route {
  return route({
    method: 'post', path: '/api/senate/unpause', permission: 'pause',
    summary: 'clear what is active on a scope, or one pause by its id',
    description: 'Work resumes when no pause is left over it. A scope that is not paused is no error: `cleared` is empty.',
    body: unpauseRequest, answer: unpauseAnswer,
    handle: async ({ body, caller, idempotency, log }) => {
      const target = 'id' in body ? { id: body.id } : { kind: body.scope_kind, value: body.scope_value };
      const { cleared, stillPaused } = await unpauseScope(brake, { target, by: caller.name, reason: body.reason }, idempotency);
      log.info({ pause_ids: cleared.map((pause) => pause.id), by: caller.name }, 'unpaused');
      return { cleared: cleared.map(toPauseView), still_paused: stillPaused.map(toPauseView) };
    },
  });
}
