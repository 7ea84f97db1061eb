import type { Database } from '@orchestra/database';
import { IDEMPOTENCY_CODES } from '@orchestra/pause-core';
import { route, type Route } from '@orchestra/service-shell';
import { enqueueTasks, placeInPipeline, type Pipeline } from '@orchestra/task-queue';
import { enqueueAnswer, enqueueRequest, type NewTask } from '@orchestra/task-queue/contract';
import type { QueueMetrics } from '../queue-metrics.ts';
import { requireWithinLabels } from '../within-labels.ts';

export function addTasksRoute({
  db,
  metrics,
  pipelines,
  onAdded,
}: {
  db: Database;
  metrics: QueueMetrics;
  pipelines: readonly Pipeline[];
  onAdded: (tasks: readonly Pick<NewTask, 'agent_id' | 'skill'>[]) => void;
}): Route {
  return route({
    method: 'post',
    path: '/api/tasks',
    permission: 'add_tasks',
    refuses: ['label_not_allowed', 'unknown_stage', ...IDEMPOTENCY_CODES],
    summary: 'add one task, or many in the order in which they are to stand',
    description:
      'All of them or none; the ids come in the same order. One that names a pipeline begins in its first ' +
      'stage, or in the one it names, with the skill of that stage; one that is not there: ' +
      '`unknown_stage`. With a token that has labels each task has to name one of them of each kind, else ' +
      '`label_not_allowed`.',
    body: enqueueRequest,
    answer: enqueueAnswer,
    handle: async ({ body, caller, idempotency, span }) => {
      const tasks = 'tasks' in body ? body.tasks : [body];
      const placed = tasks.map((task) => placeInPipeline(task, pipelines));
      requireWithinLabels(caller, caller.labels === null ? [] : placed);
      const ids = await enqueueTasks(db, tasks, caller.name, idempotency, pipelines, span?.traceparent);
      metrics.tasksAdded.inc(ids.length);
      onAdded(placed);
      return { ids };
    },
  });
}
