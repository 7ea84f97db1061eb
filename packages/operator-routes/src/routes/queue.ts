import type { Database } from '@orchestra/database';
import { route, type Route } from '@orchestra/service-shell';
import { readQueueView, type GatedRepos, type Pipeline, type RunnerSwitches } from '@orchestra/task-queue';
import { queueView } from '@orchestra/task-queue/contract';

export function queueRoute({
  db,
  leaseSeconds,
  gatedRepos,
  heal,
  runners,
}: {
  db: Database;
  leaseSeconds: number;
  gatedRepos: GatedRepos;
  heal: 'on' | 'off';
  runners: { switches: RunnerSwitches; pipelines: readonly Pipeline[] };
}): Route {
  return route({
    method: 'get',
    path: '/api/queue',
    permission: 'read',
    summary: 'the queue in numbers',
    answer: queueView,
    handle: () => readQueueView(db, leaseSeconds, gatedRepos, heal, runners),
  });
}
