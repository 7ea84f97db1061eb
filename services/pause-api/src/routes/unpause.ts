import type { Database } from '@orchestra/database';
import { IDEMPOTENCY_CODES, scopeOf } from '@orchestra/pause-core';
import { unpauseAnswer, unpauseRequest } from '@orchestra/pause-core/contract';
import { route, type Route } from '@orchestra/service-shell';
import { unpauseWithAnswer } from '@orchestra/task-queue';

export function unpauseRoute({ brake }: { brake: Database }): Route {
  return route({
    method: 'post',
    path: '/api/senate/unpause',
    permission: 'pause',
    refuses: ['pause_not_found', 'pause_not_active', ...IDEMPOTENCY_CODES],
    summary: 'clear what is active on a scope, or one pause by its id',
    description:
      'Exactly this scope: a pause that names other labels as well stays. Work resumes when no pause is ' +
      'left over it. A scope that is not paused is no error: `cleared` is empty, and `label_known: false` ' +
      'says that nothing has ever carried its label.',
    body: unpauseRequest,
    answer: unpauseAnswer,
    handle: async ({ body, caller, idempotency, log }) => {
      const target = 'id' in body ? { id: body.id } : scopeOf(body);
      const answer = await unpauseWithAnswer(
        brake,
        { target, by: caller.name, reason: body.reason },
        idempotency,
        ({ words, cause }) => log.warn({ err: cause }, `could not be read after the pauses were cleared: ${words}`),
      );
      log.info({ pause_ids: answer.cleared.map((pause) => pause.id), by: caller.name }, 'unpaused');
      return answer;
    },
  });
}
