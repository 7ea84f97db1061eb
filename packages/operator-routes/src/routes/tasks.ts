import type { Database } from '@orchestra/database';
import { id, page } from '@orchestra/pause-core/contract';
import { readCursor, route, toPage, type Route } from '@orchestra/service-shell';
import { findTask, findTaskOutput, listTaskEvents, listTasks, TaskError } from '@orchestra/task-queue';
import { taskEvents, taskOutput, tasks, tasksQuery, taskView, type TaskView } from '@orchestra/task-queue/contract';
import { z } from 'zod';

const params = z.strictObject({ id });

/** Tasks as they stand, and what happened to them. */
export function readTaskRoutes({ db }: { db: Database }): Route[] {
  const requireTask = async (taskId: string): Promise<TaskView> => {
    const task = await findTask(db, taskId);
    if (task === undefined) throw new TaskError('task_not_found', `task ${taskId} not found (\`orchestra task list\`)`);
    return task;
  };
  return [
    route({
      method: 'get',
      path: '/api/tasks',
      permission: 'read',
      summary: 'list tasks, newest first',
      query: tasksQuery,
      answer: tasks,
      handle: async ({ query }) => {
        const {
          status,
          agent_id: agentId,
          skill,
          quest_id: questId,
          actor_id: actorId,
          repo,
          parked,
          paused,
          held_by: heldBy,
          limit,
          cursor,
        } = query;
        const {
          created_since: createdSince,
          created_until: createdUntil,
          running_longer_than_seconds: runningLongerThanSeconds,
        } = query;
        const rows = await listTasks(db, {
          status,
          agentId,
          skill,
          questId,
          actorId,
          repo,
          parked,
          paused,
          heldBy,
          createdSince,
          createdUntil,
          runningLongerThanSeconds,
          beforeId: readCursor(cursor),
          limit: limit + 1,
        });
        const { items, nextCursor } = toPage(rows, limit);
        return { tasks: items, next_cursor: nextCursor };
      },
    }),
    route({
      method: 'get',
      path: '/api/tasks/:id',
      permission: 'read',
      refuses: ['task_not_found'],
      summary: 'read one task',
      params,
      answer: taskView,
      handle: ({ params: { id: taskId } }) => requireTask(taskId),
    }),
    route({
      method: 'get',
      path: '/api/tasks/:id/events',
      permission: 'read',
      refuses: ['task_not_found'],
      summary: 'what happened to a task, oldest first',
      params,
      query: page,
      answer: taskEvents,
      handle: async ({ params: { id: taskId }, query: { limit, cursor } }) => {
        const afterId = readCursor(cursor);
        await requireTask(taskId);
        const rows = await listTaskEvents(db, taskId, { afterId, limit: limit + 1 });
        const { items, nextCursor } = toPage(rows, limit);
        return { events: items, next_cursor: nextCursor };
      },
    }),
    route({
      method: 'get',
      path: '/api/tasks/:id/output',
      permission: 'read',
      refuses: ['task_not_found'],
      summary: 'the end of what the last run of a task has printed so far',
      description: 'As its heartbeats bring it. What a run has to keep is in its result or its report.',
      params,
      answer: taskOutput,
      handle: async ({ params: { id: taskId } }) => {
        await requireTask(taskId);
        return findTaskOutput(db, taskId);
      },
    }),
  ];
}
