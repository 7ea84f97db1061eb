import { id } from '@orchestra/pause-core/contract';
import { route, type Route } from '@orchestra/service-shell';
import { readTriage, triageBacklog } from '@orchestra/task-queue';
import { triageActQuery, triageAnswer, triageQuery, triageRequest, triageView } from '@orchestra/task-queue/contract';
import { z } from 'zod';
import type { RouteDependencies } from './index.ts';

/** What waits under a pause, in groups, before it is ended: each to run, to be cancelled or to be parked. */
export function triageRoutes({ db }: Pick<RouteDependencies, 'db'>): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/senate/pauses/:id/triage',
      permission: 'read',
      refuses: ['pause_not_found', 'pause_not_active'],
      summary: 'what waits under a pause, in groups',
      description: 'By age, by failures since the pause began, or by quest. Parked tasks are left out.',
      params: z.strictObject({ id }),
      query: triageQuery,
      answer: triageView,
      handle: ({ params, query }) => readTriage(db, params.id, query.by),
    }),
    route({
      method: 'post',
      path: '/api/senate/triage',
      permission: 'pause',
      refuses: ['pause_not_found', 'pause_not_active'],
      summary: 'cancel and park groups of what waits under a pause',
      description:
        'The pause holds on; the groups that are not named start once it ends. One call cancels at most 500 ' +
        'tasks and parks at most 500: while `again` is true, send the same again. ' +
        'To repeat a call does no harm. With `?dry_run=true` nothing is changed.',
      query: triageActQuery,
      body: triageRequest,
      answer: triageAnswer,
      handle: async ({ query, body: { id: pauseId, ...order }, caller, log }) => {
        const answer = await triageBacklog(
          db,
          { pauseId, ...order, who: caller.name },
          { isDryRun: query.dry_run ?? false },
        );
        if (!answer.dry_run)
          log.info(
            { pause_id: pauseId, by: caller.name, cancelled: answer.cancelled, parked: answer.parked },
            'a backlog was triaged',
          );
        return answer;
      },
    }),
  ];
}
