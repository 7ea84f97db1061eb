import type { Database } from '@orchestra/database';
import { id } from '@orchestra/pause-core/contract';
import { route, type Route } from '@orchestra/service-shell';
import {
  holdRun,
  reportPreflight,
  retryRun,
  RUN_REFUSALS,
  viewPipelines,
  type QuestionRepos,
  type StageRules,
} from '@orchestra/task-queue';
import {
  finishAnswer,
  holdRequest,
  pipelinesView,
  preflightAnswer,
  preflightRequest,
  retryRequest,
} from '@orchestra/task-queue/contract';
import { z } from 'zod';
import { ownRun } from '../own-runs.ts';
import type { TellEndings } from '../told-endings.ts';

const params = z.strictObject({ id });
const REPEATABLE =
  'The `run_id` is the fence: a run that is not the caller’s (another token claimed it), or not any ' +
  'more, is refused with `run_not_owner`. Repeating the call with its `run_id` ' +
  'answers what the first one did, with or without an `Idempotency-Key`, which is accepted and not needed here.';

/**
 * Runs that their environment or a passing disturbance has stopped, what follows from that, and what runners say of
 * themselves.
 */
export function stageRoutes({
  db,
  endings,
  rules,
  questionRepos,
  told,
}: {
  db: Database;
  endings: Database;
  rules: StageRules;
  questionRepos: QuestionRepos;
  told: TellEndings;
}): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/tasks/:id/hold',
      permission: 'run_tasks',
      refuses: RUN_REFUSALS,
      summary: 'end a run that its environment stopped',
      description:
        'It would fail again unchanged: the task is held, with what to repair, until an operator lets it go ' +
        'on. No attempt is used, an alert `task_held` of severity high is raised, ' +
        `which counts toward no auto-pause, and the repo waits with the task. ${REPEATABLE}`,
      params,
      body: holdRequest,
      answer: finishAnswer,
      handle: async ({ params: { id: taskId }, body: { run_id: runId, ...disturbance }, caller }) => {
        const answer = await holdRun(endings, taskId, ownRun(caller, runId), disturbance, rules);
        told([{ as: 'held' }], [answer]);
        return answer;
      },
    }),
    route({
      method: 'post',
      path: '/api/tasks/:id/retry',
      permission: 'run_tasks',
      refuses: RUN_REFUSALS,
      summary: 'end a run that a passing disturbance stopped',
      description:
        `The task is tried again after a while, no attempt is used; after ${rules.transientRetries} ` +
        `such tries in a row (ORCHESTRA_TRANSIENT_RETRIES) it is held. ${REPEATABLE}`,
      params,
      body: retryRequest,
      answer: finishAnswer,
      handle: async ({ params: { id: taskId }, body: { run_id: runId, ...disturbance }, caller }) => {
        const answer = await retryRun(endings, taskId, ownRun(caller, runId), disturbance, rules);
        told([{ as: 'retried' }], [answer]);
        return answer;
      },
    }),
    route({
      method: 'get',
      path: '/api/pipelines',
      permission: 'read',
      summary: 'the tables of stages that tasks go through, and whether runs may ask a person',
      answer: pipelinesView,
      handle: () => Promise.resolve(viewPipelines(rules.pipelines, questionRepos)),
    }),
    route({
      method: 'post',
      path: '/api/runners/preflight',
      permission: 'run_tasks',
      summary: 'say what a runner found in its environment',
      description:
        'At its start, and on demand. `GET /api/queue` tells the last one of each runner. It decides ' +
        'nothing: a runner that finds a fault may start all the same.',
      body: preflightRequest,
      answer: preflightAnswer,
      handle: async ({ body }) => ({ at: (await reportPreflight(db, body)).toISOString() }),
    }),
  ];
}
