import type { Database } from '@orchestra/database';
import { id } from '@orchestra/pause-core/contract';
import { route, type Route } from '@orchestra/service-shell';
import { explainTask, type GatedRepos, type RunnerReservations } from '@orchestra/task-queue';
import { taskWhy } from '@orchestra/task-queue/contract';
import { z } from 'zod';

const params = z.strictObject({ id });

export function whyRoute({
  db,
  gatedRepos,
  kept,
}: {
  db: Database;
  gatedRepos: GatedRepos;
  kept: RunnerReservations;
}): Route {
  return route({
    method: 'get',
    path: '/api/tasks/:id/why',
    permission: 'read',
    refuses: ['task_not_found'],
    summary: 'why a task is not running, and when it could',
    description:
      'Everything that holds it, read in one snapshot and in the order in which it has to go; how many ' +
      'tasks stand in front of it; the earliest instant at which it could start; and for each pause over it, ' +
      'when it could if that one alone were cleared. No worker that would take it counts as a hold when ' +
      'none has asked for three minutes.',
    params,
    answer: taskWhy,
    handle: ({ params: { id: taskId } }) => explainTask(db, taskId, { gatedRepos, kept }),
  });
}
