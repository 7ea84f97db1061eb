// The commands of attach, over a queue of the application.
import { announceQuiet } from '@orchestra/task-queue';
import { testDatabase } from '@orchestra/testkit';
import { beforeAll, expect, test } from 'vitest';
import { orchestra } from './orchestra.ts';

const database = testDatabase();
const DESCRIBED = [
  'attach',
  '--name',
  'jobs',
  '--table',
  'app.jobs',
  '--waiting',
  'status=queued',
  '--running',
  'status=running',
  '--agent',
  'meta.agent',
];
const run = (...args: string[]) => orchestra(args, { env: { DATABASE_URL: database.url } });

beforeAll(() =>
  database.pool.query(
    'create schema app; create table app.jobs (id bigint primary key, status text, meta jsonb, claimed_at timestamptz)',
  ),
);

test('attach, list, check and remove work on the database itself', async () => {
  const dry = await run(...DESCRIBED, '--dry-run');
  expect(dry).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('create policy orchestra_brake on "app"."jobs" as restrictive for update'),
  });
  expect(await run('attach', 'list')).toMatchObject({ code: 0, stdout: 'nothing is attached\n' });
  expect(await run(...DESCRIBED)).toMatchObject({
    code: 0,
    stdout: 'attached jobs: claims on app.jobs read the pauses from now on\n',
  });
  expect(await run('attach', 'list')).toMatchObject({ code: 0, stdout: expect.stringContaining('app.jobs') });
  expect(await run('attach', 'check', 'jobs')).toMatchObject({ code: 0, stdout: expect.stringContaining('✓ trigger') });
  await database.pool.query('alter table app.jobs disable trigger orchestra_guard');
  expect(await run('attach', 'check', 'jobs')).toMatchObject({ code: 1, stdout: expect.stringContaining('✗ trigger') });
  expect(await run('doctor', '--direct', '--no-brake')).toMatchObject({
    stdout: expect.stringContaining('jobs, trigger: missing or disabled'),
  });
  expect(await run('attach', 'check', 'jobs', '--worker-url', database.url)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('! canary: not tried'),
  });
  expect(await run('attach', 'remove', 'jobs')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('removed jobs'),
  });
});

test('the receipt, the preview, the page, why and verify tell of an attached queue by name, and a pause with a job in flight there is not quiet', async () => {
  await run(...DESCRIBED, '--claimed-at', 'claimed_at');
  await database.pool.query(
    `insert into app.jobs values (1, 'queued', '{"agent": "skeptic"}'), (2, 'queued', '{"agent": "skeptic"}')`,
  );
  await database.pool.query("update app.jobs set status = 'running', claimed_at = now() where id = 1");
  const pausing = ['senate', 'pause', 'agent', 'skeptic', '--reason', 'loops', '--direct'];
  expect(await run(...pausing, '--dry-run')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('jobs (attached): 1 in flight, 1 waiting'),
  });
  const receipt = JSON.parse((await run(...pausing, '--json')).stdout);
  expect(receipt).toMatchObject({
    settled: true,
    attached: [
      {
        name: 'jobs',
        engine: 'table',
        settled: true,
        not_settled: null,
        in_flight_count: 1,
        claimed_ahead_count: 0,
        queued: 1,
        queued_more: false,
      },
    ],
  });
  expect(await run('senate', 'show', receipt.id, '--direct')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('jobs (attached): 1 in flight, 1 waiting'),
  });
  expect(await run('senate', 'pauses', '--direct')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`pause ${receipt.id}: jobs (attached): 1 in flight, 1 waiting`),
  });
  expect(await announceQuiet(database.pool)).toBe(0);
  expect(JSON.parse((await run('senate', 'pauses', '--direct', '--json')).stdout).pauses).toMatchObject([
    { id: receipt.id, quiet: false },
  ]);
  expect(await run('attach', 'why', 'jobs', '2')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`held by pause ${receipt.id}`),
  });
  expect(await run('attach', 'why', 'jobs', '1')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('goes on to its end'),
  });
  await database.pool.query("update app.jobs set status = 'done' where id = 1");
  expect(await announceQuiet(database.pool)).toBe(1);
  expect(await run('senate', 'pauses', '--verify', '--direct')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('jobs (attached): 0 running jobs checked'),
  });
  await database.pool.query(
    `alter table app.jobs disable trigger orchestra_guard; update senate_pause
       set paused_at = paused_at - interval '1 minute'`,
  );
  await database.pool.query("update app.jobs set status = 'running', claimed_at = now() where id = 2");
  expect(await run('senate', 'pauses', '--verify', '--direct')).toMatchObject({
    code: 5,
    stdout: expect.stringContaining('job 2 of jobs was claimed at'),
  });
  await run('attach', 'remove', 'jobs');
});

test('what is not understood is refused with what to do', async () => {
  expect(await run('attach', 'pg-boss')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('let pg-boss make its tables first'),
  });
  expect(await run('attach', 'remove', 'jobs')).toMatchObject({
    code: 1,
    stderr: 'orchestra: nothing is attached as "jobs"\n',
  });
});
