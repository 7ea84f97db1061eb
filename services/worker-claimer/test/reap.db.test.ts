import { makeLogger, makeMetrics } from '@orchestra/service-shell';
import { claimTasks, enqueueTasks, findTask, heartbeat } from '@orchestra/task-queue';
import { newTask } from '@orchestra/task-queue/contract';
import { testDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { Hearing } from '../src/loops/hearing.ts';
import { reap } from '../src/loops/reap.ts';
import { makeQueueMetrics } from '../src/queue-metrics.ts';

const db = testDatabase();

test('P10 after an outage that outlasted every lease no run is taken away before its worker could be heard', async () => {
  const [alive = '', dead = ''] = await enqueueTasks(db.pool, [newTask.parse({}), newTask.parse({})], 'test');
  const runs = await claimTasks(db.pool, { worker: 'w-1', limit: 2 });
  await db.pool.query("update tasks set heartbeat_at = heartbeat_at - interval '10 minutes'");
  const reaper = {
    db: db.pool, leaseSeconds: 60, log: makeLogger({ service: 'test', level: 'silent' }), onReturned: () => {},
    metrics: makeQueueMetrics(makeMetrics('test'), { waiters: () => 0 }), hearing: new Hearing({ listenMs: 30_000, everyMs: 15_000 }),
  };
  expect(await reap(reaper)).toBeGreaterThan(29_000);
  await heartbeat(db.pool, alive, runs.find((run) => run.id === alive)?.run_id ?? '');
  await reap({ ...reaper, hearing: new Hearing({ listenMs: 0, everyMs: 15_000 }) });
  expect([await findTask(db.pool, alive), await findTask(db.pool, dead)]).toMatchObject([{ status: 'running' }, { status: 'queued' }]);
});
