import type { Database } from '@orchestra/database';
import { IDEMPOTENCY_CODES } from '@orchestra/pause-core';
import { id, stopView } from '@orchestra/pause-core/contract';
import { route, type Route } from '@orchestra/service-shell';
import { readStop, stopRuns, TaskError, type RunsToStop } from '@orchestra/task-queue';
import { stopTasksRequest, type StopTasksRequest } from '@orchestra/task-queue/contract';
import { z } from 'zod';

const params = z.strictObject({ id });

/** Orders to stop what runs. */
export function stopRoutes({ db }: { db: Database }): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/tasks/stop',
      permission: 'pause',
      refuses: ['pause_not_found', ...IDEMPOTENCY_CODES],
      summary: 'stop runs that are under way',
      description:
        'Their workers hear of it within two seconds, by the event stream or by the answer to their next ' +
        'heartbeat. The task is then requeued with its cursor and no attempt used, or cancelled, as `then` says. ' +
        'A run that its worker has not ended within `grace_seconds` is taken away: it may still be at work, ' +
        'and whatever it brings is refused. ' +
        'The answer comes at once; `GET /api/stops/:id` tells who was told, who obeyed, and who did not.',
      body: stopTasksRequest,
      answer: stopView,
      handle: ({ body, caller, idempotency }) =>
        stopRuns(db, {
          runs: runsOf(body),
          then: body.then,
          graceSeconds: body.grace_seconds,
          by: caller.name,
          reason: body.reason,
          idempotency,
        }),
    }),
    route({
      method: 'get',
      path: '/api/stops/:id',
      permission: 'read',
      refuses: ['stop_not_found'],
      summary: 'how an order to stop runs stands',
      description: 'Orders are kept for a day.',
      params,
      answer: stopView,
      handle: async ({ params: { id: stopId } }) => {
        const stop = await readStop(db, stopId);
        if (stop === undefined)
          throw new TaskError('stop_not_found', `there is no order ${stopId} to stop runs, or none of the last day`);
        return stop;
      },
    }),
  ];
}

/** The contract lets exactly one of them through. */
export function runsOf({
  ids,
  filter,
  pause_id: pauseId,
}: Pick<StopTasksRequest, 'ids' | 'filter' | 'pause_id'>): RunsToStop {
  if (ids !== undefined) return { ids };
  return pauseId === undefined ? { filter: filter ?? {} } : { pauseId };
}
