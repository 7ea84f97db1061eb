import type { Database } from '@orchestra/database';
import { id } from '@orchestra/pause-core/contract';
import { route, type Route } from '@orchestra/service-shell';
import { completeRun, failRun, heartbeat, releaseRun } from '@orchestra/task-queue';
import {
  completeRequest, failRequest, finishAnswer, heartbeatAnswer, heartbeatRequest, releaseRequest, type FinishAnswer,
} from '@orchestra/task-queue/contract';
import { z } from 'zod';
import type { QueueMetrics } from '../queue-metrics.ts';

const params = z.strictObject({ id });
const REPEATABLE = 'The `run_id` is the fence: a run that is not the caller’s any more is refused with `run_not_owner`. Repeating the call with its `run_id` '
  + 'answers what the first one did, with or without an `Idempotency-Key`, which is accepted and not needed here.';

/** What the owner of a run may do with it. */
export function runRoutes({ db, metrics, leaseSeconds, onReturned }: { db: Database; metrics: QueueMetrics; leaseSeconds: number; onReturned: () => void }): Route[] {
  const ended = (outcome: string, answer: FinishAnswer): FinishAnswer => {
    metrics.runsEnded.inc({ outcome });
    if (answer.status === 'queued') onReturned();
    return answer;
  };
  return [
    route({
      method: 'post', path: '/api/tasks/:id/heartbeat', permission: 'run_tasks',
      summary: 'say that the run is alive', description: REPEATABLE,
      params, body: heartbeatRequest, answer: heartbeatAnswer,
      handle: async ({ params: { id: taskId }, body }) => {
        await heartbeat(db, taskId, body.run_id);
        return { lease_seconds: leaseSeconds };
      },
    }),
    route({
      method: 'post', path: '/api/tasks/:id/complete', permission: 'run_tasks',
      summary: 'end a run with success', description: REPEATABLE,
      params, body: completeRequest, answer: finishAnswer,
      handle: async ({ params: { id: taskId }, body }) => ended('completed', await completeRun(db, taskId, body.run_id, body.result)),
    }),
    route({
      method: 'post', path: '/api/tasks/:id/fail', permission: 'run_tasks',
      summary: 'end a run with an error', description: `The task goes back to its place after a delay while attempts are left. ${REPEATABLE}`,
      params, body: failRequest, answer: finishAnswer,
      handle: async ({ params: { id: taskId }, body }) =>
        ended('failed', await failRun(db, taskId, body.run_id, { error: body.error, retry: body.retry, result: body.result })),
    }),
    route({
      method: 'post', path: '/api/tasks/:id/release', permission: 'run_tasks',
      summary: 'hand a run back unfinished', description: `No attempt is used, the place is kept, and the next run is given the cursor. ${REPEATABLE}`,
      params, body: releaseRequest, answer: finishAnswer,
      handle: async ({ params: { id: taskId }, body }) =>
        ended('released', await releaseRun(db, taskId, body.run_id, { cause: body.cause, cursor: body.cursor })),
    }),
  ];
}
