import { until } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { fresh, startOrchestra } from './orchestra.ts';

// What a cut line has lost in the middle of an answer is found by the lease: a short one, or a test waits for a minute.
const orchestra = startOrchestra({ leaseSeconds: 10 });

/** How often each kind of event happened to these tasks. */
async function counted(ids: readonly string[]): Promise<Record<string, number>> {
  const { rows } = await orchestra.db.pool.query<{ kind: string; count: number }>(
    'select e.kind, count(*)::int as count from task_events e where e.task_id = any ($1::bigint[]) group by e.kind',
    [ids],
  );
  return Object.fromEntries(rows.map((row) => [row.kind, row.count]));
}

async function calls(path: string): Promise<number> {
  const text = await (await fetch(`${orchestra.toClaimer.url.replace(/\/$/, '')}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith('orchestra_http_request_duration_seconds_count') && line.includes(`"${path}"`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

test.each([
  [1, 0],
  [10, 0],
  [1, 20],
  [10, 300],
])(
  'every task runs once and ends once, with %i at a time and %i claimed ahead',
  async (concurrency, prefetch) => {
    const skill = fresh('many');
    const { ids } = await orchestra.admin.enqueue({ tasks: Array.from({ length: 250 }, () => ({ skill })) });
    const began: string[] = [];
    const { worker, heard } = orchestra.worker({
      concurrency,
      prefetch,
      handlers: {
        [skill]: async (task) => {
          began.push(task.id);
          return { of: task.id };
        },
      },
    });
    await worker.start();
    await until('all of them have ended', () => heard.all('finished').length >= ids.length, 60_000);
    expect(new Set(began)).toEqual(new Set(ids));
    expect(await counted(ids)).toEqual({ queued: 250, claimed: 250, completed: 250 });
    expect((await orchestra.admin.task(ids[7] ?? '')).result).toEqual({ of: ids[7] });
    await worker.stop();
  },
  90_000,
);

test('the end of one task and the claim of the next are one call', async () => {
  const skill = fresh('fused');
  const { ids } = await orchestra.admin.enqueue({ tasks: Array.from({ length: 40 }, () => ({ skill })) });
  const finishes = await calls('/api/tasks/finish');
  const claims = await calls('/api/tasks/claim');
  const { worker, heard } = orchestra.worker({ handlers: { [skill]: async () => {} } });
  await worker.start();
  await until('all of them have ended', () => heard.all('finished').length === ids.length);
  expect((await calls('/api/tasks/finish')) - finishes).toBeLessThan(10);
  expect((await calls('/api/tasks/claim')) - claims).toBeLessThan(60);
});

test('P10 no ending is lost and none is written twice while connections break off all the time', async () => {
  const skill = fresh('cut-off');
  const { ids } = await orchestra.admin.enqueue({
    tasks: Array.from({ length: 200 }, () => ({ skill, max_attempts: 100, max_crashes: 100 })),
  });
  const { worker, heard } = orchestra.worker({ concurrency: 5, prefetch: 20, handlers: { [skill]: async () => {} } });
  await worker.start();
  let cuts = 0;
  await until(
    'all of them have ended',
    () => {
      if (cuts++ % 20 === 0 && cuts < 400) orchestra.toClaimer.cut();
      return (
        new Set([...heard.all('finished'), ...heard.all('run-lost')].map(({ task }) => task.id)).size === ids.length
      );
    },
    90_000,
  );
  await until('the queue has them all', async () => (await counted(ids))['completed'] === ids.length, 60_000);
  const { rows } = await orchestra.db.pool.query(
    "select count(*)::int as count from tasks t where t.id = any ($1::bigint[]) and t.status = 'succeeded'",
    [ids],
  );
  expect(rows).toEqual([{ count: ids.length }]);
}, 200_000);

test('an ending that the service can never take does not keep the others back', async () => {
  const skill = fresh('odd');
  const { ids } = await orchestra.admin.enqueue({
    tasks: ['good', 'odd', 'good'].map((kind) => ({ skill, payload: { kind } })),
  });
  const { worker, heard } = orchestra.worker({
    concurrency: 3,
    handlers: { [skill]: async (task) => (task.payload['kind'] === 'odd' ? 'a\0b' : 'fine') },
  });
  await worker.start();
  for (const id of [ids[0], ids[2]]) await heard.first('finished', ({ task }) => task.id === id);
  await expect(heard.first('failed')).resolves.toMatchObject({
    task: { id: ids[1] },
    status: 'failed',
    error: expect.stringContaining('cannot be kept'),
  });
});

test('P10 a worker that stops tells every ending before it is gone', async () => {
  const skill = fresh('stopping');
  const { ids } = await orchestra.admin.enqueue({ tasks: Array.from({ length: 60 }, () => ({ skill })) });
  const { worker, heard } = orchestra.worker({ concurrency: 10, prefetch: 30, handlers: { [skill]: async () => {} } });
  await worker.start();
  await heard.first('finished');
  await worker.stop({ drainMs: 10_000 });
  const told = heard.all('finished').length;
  const events = await counted(ids);
  expect(events['completed']).toBe(told);
  expect((events['claimed'] ?? 0) - (events['released'] ?? 0)).toBe(told);
  const { rows } = await orchestra.db.pool.query(
    "select 1 from tasks t where t.id = any ($1::bigint[]) and t.status = 'running'",
    [ids],
  );
  expect(rows).toEqual([]);
});
