import type { Database } from '@orchestra/database';
import { id, page } from '@orchestra/pause-core/contract';
import { readCursor, route, toPage, type Route } from '@orchestra/service-shell';
import { enqueueTasks, findTask, listTaskEvents, listTasks, TaskError } from '@orchestra/task-queue';
import { enqueueAnswer, enqueueRequest, taskEvents, tasks, tasksQuery, taskView, type TaskView } from '@orchestra/task-queue/contract';
import { z } from 'zod';
import type { QueueMetrics } from '../queue-metrics.ts';

const params = z.strictObject({ id });

export function taskRoutes({ db, metrics, onAdded }: { db: Database; metrics: QueueMetrics; onAdded: () => void }): Route[] {
  const requireTask = async (taskId: string): Promise<TaskView> => {
    const task = await findTask(db, taskId);
    if (task === undefined) throw new TaskError('task_not_found', `there is no task ${taskId}; GET /api/tasks lists them`);
    return task;
  };
  return [
    route({
      method: 'post', path: '/api/tasks', permission: 'add_tasks',
      summary: 'add one task, or many in the order in which they are to stand',
      description: 'All of them or none; the ids come in the same order.',
      body: enqueueRequest, answer: enqueueAnswer,
      handle: async ({ body, caller, idempotency }) => {
        const ids = await enqueueTasks(db, 'tasks' in body ? body.tasks : [body], caller.name, idempotency);
        metrics.tasksAdded.inc(ids.length);
        onAdded();
        return { ids };
      },
    }),
    route({
      method: 'get', path: '/api/tasks', permission: 'read',
      summary: 'list tasks, newest first',
      query: tasksQuery, answer: tasks,
      handle: async ({ query }) => {
        const { status, agent_id: agentId, skill, quest_id: questId, actor_id: actorId, repo, parked, limit, cursor } = query;
        const rows = await listTasks(db, { status, agentId, skill, questId, actorId, repo, parked, beforeId: readCursor(cursor), limit: limit + 1 });
        const { items, nextCursor } = toPage(rows, limit);
        return { tasks: items, next_cursor: nextCursor };
      },
    }),
    route({
      method: 'get', path: '/api/tasks/:id', permission: 'read',
      summary: 'read one task',
      params, answer: taskView,
      handle: ({ params: { id: taskId } }) => requireTask(taskId),
    }),
    route({
      method: 'get', path: '/api/tasks/:id/events', permission: 'read',
      summary: 'what happened to a task, oldest first',
      params, query: page, answer: taskEvents,
      handle: async ({ params: { id: taskId }, query: { limit, cursor } }) => {
        const afterId = readCursor(cursor);
        await requireTask(taskId);
        const rows = await listTaskEvents(db, taskId, { afterId, limit: limit + 1 });
        const { items, nextCursor } = toPage(rows, limit);
        return { events: items, next_cursor: nextCursor };
      },
    }),
  ];
}
