import { randomUUID } from 'node:crypto';
import { testDatabase } from '@orchestra/testkit';
import { beforeEach, expect, test } from 'vitest';
import {
  actOnTasks,
  CANCEL,
  completeRun,
  failRun,
  findTask,
  holdRun,
  reapRuns,
  releaseRun,
  resumeHeld,
  retryRun,
  retryTasks,
} from '../src/index.ts';
import { TASK_STATUSES, type TaskStatus } from '../src/contract/index.ts';
import { TASK_ACTS, TRANSITIONS, type TaskAct } from '../src/runs/transitions.ts';
import { add, claim } from './fixtures.ts';

const db = testDatabase();
const BY = { by: 'dana', reason: 'test' };
const NO_LEASE_SECONDS = -1;

beforeEach(() => db.pool.query('truncate tasks, task_event_rows, event_batches'));

interface Brought {
  id: string;
  runId: string;
}

/** A new task, brought into a status by the acts themselves. */
async function bring(status: TaskStatus, max_crashes = 3): Promise<Brought> {
  const [id = ''] = await add(db.pool, { max_crashes });
  if (status === 'queued') return { id, runId: randomUUID() };
  if (status === 'cancelled') {
    await actOnTasks(db.pool, CANCEL, { ids: [id] }, BY);
    return { id, runId: randomUUID() };
  }
  const [run] = await claim(db.pool, { limit: 1 });
  const runId = run?.run_id ?? '';
  if (status === 'succeeded') await completeRun(db.pool, id, runId, null);
  if (status === 'failed') await failRun(db.pool, id, runId, { error: 'boom', retry: false });
  if (status === 'held') await holdRun(db.pool, id, runId, { says: 'the disk is full' });
  return { id, runId };
}

// Each is the call that a service makes. A refusal is an answer like others: what counts is what the task is
// afterwards.
const PERFORM: Record<TaskAct, (task: Brought) => Promise<unknown>> = {
  claim: () => claim(db.pool),
  complete: ({ id, runId }) => completeRun(db.pool, id, runId, null),
  'fail, attempts left': ({ id, runId }) => failRun(db.pool, id, runId, { error: 'boom', retry: true }),
  'fail for good': ({ id, runId }) => failRun(db.pool, id, runId, { error: 'boom', retry: false }),
  release: ({ id, runId }) => releaseRun(db.pool, id, runId, { cause: 'shutdown' }),
  hold: ({ id, runId }) => holdRun(db.pool, id, runId, { says: 'the disk is full' }),
  'retry a disturbance': ({ id, runId }) => retryRun(db.pool, id, runId, { says: 'connection reset' }),
  reap: () => reapRuns(db.pool, NO_LEASE_SECONDS),
  'reap, too many crashes': () => reapRuns(db.pool, NO_LEASE_SECONDS),
  'let a held task go on': ({ id }) => resumeHeld(db.pool, id, 'dana', null),
  cancel: ({ id }) => actOnTasks(db.pool, CANCEL, { ids: [id] }, BY),
  'retry by an operator': ({ id }) => actOnTasks(db.pool, retryTasks(false), { ids: [id] }, BY),
};

test.each(
  TASK_STATUSES.flatMap((status) => TASK_ACTS.map((act) => ({ status, act, becomes: TRANSITIONS[status][act] }))),
)('a task that is $status: $act: $becomes', async ({ status, act, becomes }) => {
  const task = await bring(status, act === 'reap, too many crashes' ? 1 : undefined);
  expect((await findTask(db.pool, task.id))?.status, 'before').toBe(status);
  const refused: unknown = await PERFORM[act](task).then(
    () => undefined,
    (error: unknown) => error,
  );
  // A repeated ending of the very run that ended answers what the first did.
  if (becomes !== 'unchanged') expect(refused).toBeUndefined();
  expect((await findTask(db.pool, task.id))?.status).toBe(becomes === 'unchanged' ? status : becomes);
});
