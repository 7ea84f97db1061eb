import { makePool, type Database } from '@orchestra/database';
import { PATIENT, testDatabase } from '@orchestra/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLAIM_SETTINGS } from '../src/claim/claim-statement.ts';
import { DEFAULT_STAGE_RULES } from '../src/index.ts';
import { endingsStatement, stagedEndingsStatement } from './statement-of.ts';

const db = testDatabase();
let pool: Database;

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Join Filter'?: number;
  Plans?: PlanNode[];
}

const ENDINGS = 10;
// Each task is looked at once when it is locked, and once when it is changed.
const LOOKS_MAX = ENDINGS * 2;

beforeAll(async () => {
  pool = makePool({
    connectionString: db.url,
    applicationName: 'test',
    ...PATIENT,
    max: 1,
    held: 1,
    settings: { ...CLAIM_SETTINGS },
  });
  await db.pool.query('alter table tasks set (autovacuum_enabled = off)');
});
afterAll(() => pool.end());

const STATEMENTS = [
  { what: 'plain endings', find: endingsStatement, more: { rules: `'${DEFAULT_STAGE_RULES.text}'` } },
  {
    what: 'endings of stages',
    find: stagedEndingsStatement,
    more: { retry_delays: "'{10}'", transient_delays: "'{10}'", transient_retries: '3', transitions: "'{}'" },
  },
];

describe.each(['never analyzed', 'analyzed'])('on a table that was %s', (kind) => {
  beforeAll(async () => {
    await db.pool.query('truncate tasks');
    for (const { what, find } of STATEMENTS) await pool.query((await find(db.pool)).prepare(`"${kind} ${what}"`));
    // The plan is made of an empty table, and kept for as long as the connection lives.
    if (kind === 'never analyzed')
      for (const { what, find, more } of STATEMENTS)
        await pool.query((await find(db.pool)).execute(`"${kind} ${what}"`, { endings: "'[]'", ...more }));
    await db.pool.query("insert into tasks (skill) select 's' from generate_series(1, 5300)");
    await db.pool.query(
      `update tasks set status = 'running', run_id = gen_random_uuid(), started_at = now(), heartbeat_at = now(),
         worker_id = 'w', attempt = 1
         where id % 50 = 0`,
    );
    if (kind === 'analyzed') await db.pool.query('analyze tasks');
  }, 120_000);

  test.each(STATEMENTS)('$what look up their tasks by their ids, and read no others', async ({ what, find, more }) => {
    const { rows: runs } = await db.pool.query<{ id: string; run_id: string }>(
      "select t.id, t.run_id from tasks t where t.status = 'running' order by t.id limit $1",
      [ENDINGS],
    );
    expect(runs).toHaveLength(ENDINGS);
    const endings = JSON.stringify(
      runs.map(({ id, run_id }) => ({ id, run_id, as: 'failed', error: 'x', retry: true })),
    );
    const {
      rows: [row],
    } = await pool.query(
      'explain (analyze, format json) ' +
        `${(await find(db.pool)).execute(`"${kind} ${what}"`, { endings: `'${endings}'`, ...more })}`,
    );
    const nodes = everyNode(row['QUERY PLAN'][0].Plan);
    expect(
      nodes.find((node) => node['Node Type'] === 'ModifyTable' && node['Relation Name'] === 'tasks')?.['Actual Rows'],
      'it ends them',
    ).toBe(ENDINGS);
    const looks = nodes
      .filter((node) => node['Node Type'] !== 'ModifyTable' && node['Relation Name'] === 'tasks')
      .reduce(
        (sum, node) => sum + (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
        0,
      );
    expect(looks, JSON.stringify(nodes.filter((node) => node['Relation Name'] === 'tasks'))).toBeLessThanOrEqual(
      LOOKS_MAX,
    );
    if (what === 'plain endings')
      expect(
        nodes.map((node) => node['Rows Removed by Join Filter'] ?? 0),
        'no task is compared with each ending',
      ).toEqual(nodes.map(() => 0));
  });
});

function everyNode(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(everyNode)];
}
