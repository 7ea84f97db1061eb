import type { Database } from '@orchestra/database';
import { id } from '@orchestra/pause-core/contract';
import { route, type Route } from '@orchestra/service-shell';
import {
  completeRun,
  finishRuns,
  endStoppedRun,
  failRun,
  heartbeat,
  markStarted,
  releaseRun,
  RUN_REFUSALS,
  type StageRules,
} from '@orchestra/task-queue';
import {
  begunAnswer,
  begunRequest,
  completeRequest,
  endingAnswers,
  failRequest,
  finishAnswer,
  finishRequest,
  heartbeatAnswer,
  heartbeatRequest,
  releaseRequest,
  stoppedRequest,
  type FinishAnswer,
} from '@orchestra/task-queue/contract';
import { z } from 'zod';
import { asSent, ownRun, ownRuns } from '../own-runs.ts';
import type { TellEndings } from '../told-endings.ts';

const params = z.strictObject({ id });
const REPEATABLE =
  'The `run_id` is the fence: a run that is not the caller’s (another token claimed it), or not any ' +
  'more, is refused with `run_not_owner`. Repeating the call with its `run_id` ' +
  'answers what the first one did, with or without an `Idempotency-Key`, which is accepted and not needed here.';

/** What the owner of a run may do with it. Endings go over connections of their own: see CLAIM_SETTINGS. */
export function runRoutes({
  db,
  endings,
  leaseSeconds,
  rules,
  told,
}: {
  db: Database;
  endings: Database;
  leaseSeconds: number;
  rules: StageRules;
  told: TellEndings;
}): Route[] {
  const ended = (as: string, answer: FinishAnswer): FinishAnswer => {
    told([{ as }], [answer]);
    return answer;
  };
  return [
    route({
      method: 'post',
      path: '/api/tasks/:id/heartbeat',
      permission: 'run_tasks',
      refuses: RUN_REFUSALS,
      summary: 'say that the run is alive',
      description:
        `With \`stop\` in the answer an operator has the run stopped: end it, and say so by ` +
        `\`stopped\`. ${REPEATABLE}`,
      params,
      body: heartbeatRequest,
      answer: heartbeatAnswer,
      handle: async ({ params: { id: taskId }, body, caller }) => {
        const stop = await heartbeat(db, taskId, ownRun(caller, body.run_id), body.output, body.printed);
        return { lease_seconds: leaseSeconds, ...(stop === undefined ? {} : { stop }) };
      },
    }),
    route({
      method: 'post',
      path: '/api/tasks/:id/complete',
      permission: 'run_tasks',
      refuses: RUN_REFUSALS,
      summary: 'end a run with success',
      description: REPEATABLE,
      params,
      body: completeRequest,
      answer: finishAnswer,
      handle: async ({ params: { id: taskId }, body, caller }) =>
        ended('completed', await completeRun(endings, taskId, ownRun(caller, body.run_id), body.result, rules)),
    }),
    route({
      method: 'post',
      path: '/api/tasks/:id/fail',
      permission: 'run_tasks',
      refuses: RUN_REFUSALS,
      summary: 'end a run with an error',
      description:
        'The task goes back to its place after a delay while attempts are left; one with a stage goes ' +
        `where the stage’s way back leads. ${REPEATABLE}`,
      params,
      body: failRequest,
      answer: finishAnswer,
      handle: async ({ params: { id: taskId }, body, caller }) =>
        ended(
          'failed',
          await failRun(
            endings,
            taskId,
            ownRun(caller, body.run_id),
            { error: body.error, retry: body.retry, result: body.result },
            rules,
          ),
        ),
    }),
    route({
      method: 'post',
      path: '/api/tasks/:id/release',
      permission: 'run_tasks',
      refuses: RUN_REFUSALS,
      summary: 'hand a run back unfinished',
      description: `No attempt is used, the place is kept, and the next run is given the cursor. ${REPEATABLE}`,
      params,
      body: releaseRequest,
      answer: finishAnswer,
      handle: async ({ params: { id: taskId }, body, caller }) =>
        ended(
          'released',
          await releaseRun(
            endings,
            taskId,
            ownRun(caller, body.run_id),
            { cause: body.cause, cursor: body.cursor },
            rules,
          ),
        ),
    }),
    route({
      method: 'post',
      path: '/api/tasks/:id/stopped',
      permission: 'run_tasks',
      refuses: [...RUN_REFUSALS, 'run_not_stopped'],
      summary: 'end a run because an operator has it stopped',
      description:
        'The task is requeued with the cursor and no attempt used, or cancelled, as the order says. ' + `${REPEATABLE}`,
      params,
      body: stoppedRequest,
      answer: finishAnswer,
      handle: async ({ params: { id: taskId }, body, caller }) =>
        ended('stopped', await endStoppedRun(endings, taskId, ownRun(caller, body.run_id), body.cursor)),
    }),
    route({
      method: 'post',
      path: '/api/tasks/begun',
      permission: 'run_tasks',
      summary: 'say that runs claimed ahead have begun',
      description:
        'Receipts list them with the runs in flight from then on. One that is not the caller’s any more is ' +
        'passed over.',
      body: begunRequest,
      answer: begunAnswer,
      handle: async ({ body, caller }) => ({ noted: await markStarted(endings, ownRuns(caller, body.begun)) }),
    }),
    route({
      method: 'post',
      path: '/api/tasks/finish',
      permission: 'run_tasks',
      isHot: true,
      summary: 'end many runs',
      description:
        'Each as the call for a single run would, and all in one transaction. Each has an answer of its own: ' +
        'one that is refused changes nothing for the others. ' +
        'Repeating the call answers `repeated` for what the first one did, with or without an ' +
        '`Idempotency-Key`, which is accepted and not needed here.',
      body: finishRequest,
      answer: endingAnswers,
      handle: async ({ body, caller }) => {
        const answers = asSent(await finishRuns(endings, ownRuns(caller, body.ended), rules), body.ended);
        told(body.ended, answers);
        return { ended: answers };
      },
    }),
  ];
}
