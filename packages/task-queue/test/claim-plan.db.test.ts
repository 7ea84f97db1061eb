import { makePool, type Database } from '@orchestra/database';
import { testDatabase } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLAIM, CLAIM_SETTINGS } from '../src/claim-statement.ts';
import { claim, pause } from './fixtures.ts';

const db = testDatabase();
let pool: Database;

interface PlanNode { 'Node Type': string; 'Relation Name'?: string; 'Actual Rows': number; 'Shared Hit Blocks': number; 'Shared Read Blocks': number; Plans?: PlanNode[] }

beforeAll(async () => {
  pool = makePool({ connectionString: db.url, applicationName: 'test', max: 1, settings: { ...CLAIM_SETTINGS, plan_cache_mode: 'force_generic_plan' } });
  await db.pool.query('alter table tasks set (autovacuum_enabled = off)'); // the statistics stay those of an empty table
});
afterAll(() => pool.end());

test.each([0, 1, 500])('F28 with %i pauses and statistics of an empty queue, a claim neither reads nor sorts the queue', async (pauses) => {
  await db.pool.query('truncate tasks, task_events');
  await db.pool.query('analyze tasks');
  await claim(pool);
  await db.pool.query("insert into tasks (agent_id, skill) select 'a-' || n % 20, 's' from generate_series(1, 20000) n");
  for (let made = 0; made < pauses; made++) await pause(db.pool, { kind: 'agent', value: `elsewhere-${made}` });
  await pool.query(`prepare plan_test (text, text, int, text[], text[], int) as ${CLAIM}`);
  const { rows: [row] } = await pool.query("explain (analyze, buffers, format json) execute plan_test ('w', null, null, null, null, 10)");
  await pool.query('deallocate plan_test');
  const top: PlanNode = row['QUERY PLAN'][0].Plan;
  const nodes = everyNode(top);
  expect(nodes.filter((node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] === 'tasks')).toEqual([]);
  expect(nodes.filter((node) => node['Node Type'] === 'Sort').every((node) => node['Actual Rows'] <= 10)).toBe(true);
  expect(top['Shared Hit Blocks'] + top['Shared Read Blocks']).toBeLessThan(300);
});

function everyNode(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(everyNode)];
}
