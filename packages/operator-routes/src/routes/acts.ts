import type { Database } from '@orchestra/database';
import { IDEMPOTENCY_CODES } from '@orchestra/pause-core';
import { route, type Route } from '@orchestra/service-shell';
import {
  actOnTasks,
  CANCEL,
  moveTasks,
  previewAct,
  retryTasks,
  type Act,
  type ActOrder,
  type Selection,
} from '@orchestra/task-queue';
import {
  actAnswer,
  actPreview,
  actQuery,
  cancelTasksRequest,
  moveTasksRequest,
  retryTasksRequest,
  type ActAnswer,
  type ActPreview,
} from '@orchestra/task-queue/contract';
import { z } from 'zod';

const IN_CHUNKS =
  'Tasks are named by `ids`, at most 500, or found by a `filter`; then one call changes at most 500, ' +
  'oldest first, and `next_cursor` says where the next call goes on. ' +
  'Tasks that are added meanwhile are not found. Each task gets an event, each call an entry in the ' +
  'history. With `?dry_run=true` nothing is changed, and the answer tells how many it would be.';

/** What an operator does to many tasks at once, or to one. */
export function actRoutes({
  db,
  onOpened,
}: {
  db: Database;
  /** Some task may start that could not before. */
  onOpened: () => void;
}): Route[] {
  const does = async (
    act: Act,
    { ids, filter, cursor }: Selection,
    isDryRun: boolean,
    order: ActOrder,
  ): Promise<ActAnswer | ActPreview> => {
    const selection = { ids, filter, cursor };
    if (isDryRun) return previewAct(db, act, selection);
    const answer = await actOnTasks(db, act, selection, order);
    if (answer.changed > 0) onOpened();
    return answer;
  };
  const answer = z.union([actAnswer, actPreview]);
  return [
    route({
      method: 'post',
      path: '/api/tasks/cancel',
      permission: 'pause',
      refuses: IDEMPOTENCY_CODES,
      summary: 'cancel tasks that wait or are held',
      description:
        `A task that is running is passed over: \`/api/tasks/stop\` with \`then: cancel\` ends its run ` +
        `first. ${IN_CHUNKS}`,
      query: actQuery,
      body: cancelTasksRequest,
      answer,
      handle: ({ query, body: { reason = null, ...selection }, caller, idempotency }) =>
        does(CANCEL, selection, query.dry_run ?? false, { by: caller.name, reason, idempotency }),
    }),
    route({
      method: 'post',
      path: '/api/tasks/retry',
      permission: 'pause',
      refuses: IDEMPOTENCY_CODES,
      summary: 'bring failed or cancelled tasks back to the queue',
      description:
        'Each stands in its old place and stage, with all its attempts, and its next run is given the cursor ' +
        'of the last one. A filter without a status means those that failed. ' +
        IN_CHUNKS,
      query: actQuery,
      body: retryTasksRequest,
      answer,
      handle: ({ query, body: { reason = null, from_start: fromStart, ...selection }, caller, idempotency }) =>
        does(retryTasks(fromStart), selection, query.dry_run ?? false, { by: caller.name, reason, idempotency }),
    }),
    route({
      method: 'post',
      path: '/api/tasks/move',
      permission: 'pause',
      refuses: IDEMPOTENCY_CODES,
      summary: 'give tasks another priority',
      description:
        'Among those of one priority they stand by their ids. Of a task that is running it is the ' +
        `priority with which it comes back to the queue, should it. ${IN_CHUNKS}`,
      query: actQuery,
      body: moveTasksRequest,
      answer,
      handle: ({ query, body: { reason = null, priority, ...selection }, caller, idempotency }) =>
        does(moveTasks(priority), selection, query.dry_run ?? false, { by: caller.name, reason, idempotency }),
    }),
  ];
}
