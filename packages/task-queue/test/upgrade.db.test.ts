import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, MIGRATIONS_FOLDER } from '@orchestra/database';
import { testDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { completeRun, findTask, readSerialGate } from '../src/index.ts';
import { claim, ids, pause } from './fixtures.ts';
import { wrongGates } from './gate-recount.ts';

// The first release ended here: a queue without lanes, gates and parking.
const FIRST_RELEASE = 3;

const db = testDatabase({ empty: true });

/** The migrations of the first release, as it was shipped. */
async function firstRelease(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'orchestra-first-release-'));
  try {
    await cp(MIGRATIONS_FOLDER, folder, { recursive: true });
    const file = join(folder, 'meta/_journal.json');
    const journal: { entries: unknown[] } = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...journal, entries: journal.entries.slice(0, FIRST_RELEASE) }));
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('P9 P10 a database of the first release with work in it is brought up to date: every task keeps its place, its run and its repo’s line', async () => {
  await firstRelease(async (folder) => { expect(await migrate(db.url, folder)).toMatchObject({ total: FIRST_RELEASE }); });
  await db.pool.query(`
    insert into tasks (agent_id, skill, repo, priority, status, run_id, worker_id, started_at, heartbeat_at, attempt, created_by)
    select 'agent-' || n % 3, 'build', case when n % 2 = 0 then 'repo-' || n % 4 end, n % 2, case when n <= 2 then 'running' when n = 3 then 'succeeded' else 'queued' end,
           case when n <= 2 then gen_random_uuid() end, case when n <= 2 then 'w-old' end, case when n <= 2 then now() end, case when n <= 2 then now() end,
           case when n <= 3 then 1 else 0 end, 'dana'
      from generate_series(1, 40) as n`);
  const { rows: [running] } = await db.pool.query<{ id: string; run_id: string; repo: string }>("select id, run_id, repo from tasks where status = 'running' and repo is not null");
  expect(running).toBeDefined();

  expect(await migrate(db.url)).toMatchObject({ applied: expect.any(Number) });
  expect(await wrongGates(db.pool)).toEqual([]);

  await pause(db.pool, { kind: 'agent', value: 'agent-1' });
  const waiting = await db.pool.query<{ id: string }>(
    "select id from tasks where status = 'queued' and repo is null and agent_id <> 'agent-1' order by priority, id");
  // At one repo's gate a run is under way, and at the other's the first in line is paused.
  expect(ids(await claim(db.pool, { limit: 100 }))).toEqual(waiting.rows.map((row) => row.id));
  const gates = await readSerialGate(db.pool);
  expect(gates.repos.find((gate) => gate.repo === running?.repo)).toMatchObject({ in_progress: 1 });

  await completeRun(db.pool, running?.id ?? '', running?.run_id ?? '', 'done');
  expect(await findTask(db.pool, running?.id ?? '')).toMatchObject({ status: 'succeeded' });
  expect(ids(await claim(db.pool, { limit: 100 }))).toHaveLength(1);
  expect(await wrongGates(db.pool)).toEqual([]);
});
