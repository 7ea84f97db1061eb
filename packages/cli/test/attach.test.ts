// The commands of attach, over a queue of the application.
import { testDatabase } from '@orchestra/testkit';
import { beforeAll, expect, test } from 'vitest';
import { orchestra } from './orchestra.ts';

const database = testDatabase();
const DESCRIBED = ['attach', '--name', 'jobs', '--table', 'app.jobs', '--waiting', 'status=queued', '--running', 'status=running', '--agent', 'meta.agent'];
const run = (...args: string[]) => orchestra(args, { env: { DATABASE_URL: database.url } });

beforeAll(() => database.pool.query('create schema app; create table app.jobs (id bigint primary key, status text, meta jsonb)'));

test('attach, list, check and remove work on the database itself', async () => {
  const dry = await run(...DESCRIBED, '--dry-run');
  expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining('create policy orchestra_brake on "app"."jobs" as restrictive for update') });
  expect(await run('attach', 'list')).toMatchObject({ code: 0, stdout: 'nothing is attached\n' });
  expect(await run(...DESCRIBED)).toMatchObject({ code: 0, stdout: 'attached jobs: claims on app.jobs read the pauses from now on\n' });
  expect(await run('attach', 'list')).toMatchObject({ code: 0, stdout: expect.stringContaining('app.jobs') });
  expect(await run('attach', 'check', 'jobs')).toMatchObject({ code: 0, stdout: expect.stringContaining('✓ trigger') });
  await database.pool.query('alter table app.jobs disable trigger orchestra_guard');
  expect(await run('attach', 'check', 'jobs')).toMatchObject({ code: 1, stdout: expect.stringContaining('✗ trigger') });
  expect(await run('attach', 'remove', 'jobs')).toMatchObject({ code: 0, stdout: expect.stringContaining('removed jobs') });
});

test('what is not understood is refused with what to do', async () => {
  expect(await run('attach', 'pg-boss')).toMatchObject({ code: 1, stderr: expect.stringContaining('let pg-boss make its tables first') });
  expect(await run('attach', 'remove', 'jobs')).toMatchObject({ code: 1, stderr: 'orchestra: nothing is attached as "jobs"\n' });
});
