import type { Database } from '@orchestra/database';
import { id } from '@orchestra/pause-core/contract';
import { route, type Route } from '@orchestra/service-shell';
import {
  askQuestion,
  parkTask,
  refuseWhereNobodyIsAsked,
  RUN_REFUSALS,
  unparkTask,
  type AutoParkRepos,
  type QuestionRepos,
} from '@orchestra/task-queue';
import {
  finishAnswer,
  needsInputRequest,
  parkRunRequest,
  taskView,
  unparkRunRequest,
} from '@orchestra/task-queue/contract';
import { z } from 'zod';
import { ownRun } from '../own-runs.ts';
import type { QueueMetrics } from '../queue-metrics.ts';

const params = z.strictObject({ id });
const FENCED =
  'The `run_id` is the fence: a run that is not the caller’s (another token claimed it), or not any ' +
  'more, is refused with `run_not_owner`.';

/** A run sets its task aside or asks a question. */
export function questionRoutes({
  db,
  metrics,
  autoParkRepos,
  questionRepos,
  onOpened,
}: {
  db: Database;
  metrics: QueueMetrics;
  autoParkRepos: AutoParkRepos;
  questionRepos: QuestionRepos;
  /** Some task may start that could not before. */
  onOpened: () => void;
}): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/tasks/:id/park',
      permission: 'run_tasks',
      refuses: [...RUN_REFUSALS, 'task_has_ended'],
      summary: 'park the task of a run under way',
      description: `The run goes on, and its repo goes on beside it. ${FENCED}`,
      params,
      body: parkRunRequest,
      answer: taskView,
      handle: async ({ params: { id: taskId }, body, caller }) => {
        const task = await parkTask(db, taskId, { runId: ownRun(caller, body.run_id) }, body.reason);
        onOpened();
        return task;
      },
    }),
    route({
      method: 'post',
      path: '/api/tasks/:id/unpark',
      permission: 'run_tasks',
      refuses: [...RUN_REFUSALS, 'task_has_ended', 'parked_by_another'],
      summary: 'unpark the task of a run under way',
      description:
        'Of what this run has parked itself; what an operator has parked is the operator’s ' +
        `(\`parked_by_another\`). ${FENCED}`,
      params,
      body: unparkRunRequest,
      answer: taskView,
      handle: ({ params: { id: taskId }, body, caller }) =>
        unparkTask(db, taskId, { runId: ownRun(caller, body.run_id) }),
    }),
    route({
      method: 'post',
      path: '/api/tasks/:id/needs-input',
      permission: 'run_tasks',
      refuses: [...RUN_REFUSALS, 'questions_off'],
      summary: 'end a run with questions to a person',
      description:
        'The task goes back to its place and is parked there until it is answered; no attempt is used, and ' +
        'the next run is given questions and answer. ' +
        'Where ORCHESTRA_AUTO_PARK is off for its repo, it is held instead, and holds up its repo. Where ' +
        `ORCHESTRA_QUESTIONS is off for it, nobody is asked: \`questions_off\`. ${FENCED} Repeating the call ` +
        `with its \`run_id\` answers what the first one did.`,
      params,
      body: needsInputRequest,
      answer: finishAnswer,
      handle: async ({ params: { id: taskId }, body, caller }) => {
        await refuseWhereNobodyIsAsked(db, taskId, questionRepos);
        const answer = await askQuestion(
          db,
          taskId,
          ownRun(caller, body.run_id),
          body.questions,
          autoParkRepos,
          body.cursor,
        );
        metrics.runsEnded.inc({ outcome: 'asked' });
        onOpened();
        return answer;
      },
    }),
  ];
}
