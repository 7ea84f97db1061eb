import { testDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { runnerView } from '../src/contract/index.ts';
import { readRunners } from '../src/index.ts';

const db = testDatabase();
const preflight = (worker: string, at: string, checks = '[]', summary = worker) =>
  db.pool.query(
    `insert into runner_preflights (runner, worker, at, outcome, summary, checks)
       values ('test', $1, $2, 'passed', $3, $4)`,
    [worker, at, summary, checks],
  );

test('one odd row of a preflight hides neither the others nor another runner', async () => {
  // Rows from before the table had a rule about instants.
  await db.pool.query('alter table runner_preflights drop constraint runner_preflights_instants');
  for (const instant of ['infinity', '-infinity', '0044-03-15 BC', '294276-01-01Z', '9998-01-01Z'])
    await preflight(`odd ${instant}`, instant);
  await preflight('true', new Date().toISOString(), '[{"name": "git", "ok": true, "says": "fine"}]', 'all is well');
  await db.pool.query(
    "insert into runner_preflights (runner, worker, outcome, summary, checks) values ('staging', 'odd " +
      "checks', 'environment', 'ssh fails', '{\"name\": 7}'), ('nobody', 'x', 'passed', '', '[]')",
  );
  const views = await readRunners(db.pool);
  expect(views.filter((view) => !runnerView.safeParse(view).success)).toEqual([]);
  expect(views).toMatchObject([
    { runner: 'test', workers: 1, preflight: { worker: 'true', says: 'all is well', checks: [{ name: 'git' }] } },
    {
      runner: 'staging',
      workers: 1,
      permanent_env: true,
      preflight: { worker: 'odd checks', says: 'ssh fails', checks: [] },
    },
  ]);
});
