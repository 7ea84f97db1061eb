import { makePool, type Database } from '@orchestra/database';
import { PATIENT, testDatabase } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLAIM_SETTINGS } from '../src/claim/claim-statement.ts';
import { advanceHorizon } from '../src/lanes/advance-horizon.ts';
import { claim, pause } from './fixtures.ts';
import { beginningStatement, lanesStatement, walkStatement, type FoundStatement } from './statement-of.ts';

const db = testDatabase();
let pool: Database;
let walk: FoundStatement;
let byLanes: FoundStatement;

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Subplan Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Join Filter'?: number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: PlanNode[];
}

const QUEUED = 200_000;
const CHUNK = 10_000;
// What a claim of ten sorts at the most: its hundred candidates, and lanes that it looks at.
const SORTED_MAX = 400;

beforeAll(async () => {
  pool = makePool({
    connectionString: db.url,
    applicationName: 'test',
    ...PATIENT,
    max: 1,
    held: 1,
    settings: { ...CLAIM_SETTINGS },
  });
  // The statistics stay those of an empty table
  await db.pool.query('alter table tasks set (autovacuum_enabled = off)');
  await db.pool.query('alter table task_lanes set (autovacuum_enabled = off)');
  await db.pool.query('analyze tasks, task_lanes');
  await claim(pool);
  walk = await walkStatement(db.pool);
  byLanes = await lanesStatement(db.pool);
  // In chunks, so that no statement nears its time limit on a slow machine.
  for (let added = 0; added < QUEUED; added += CHUNK) {
    await db.pool.query(
      "insert into tasks (agent_id, skill) select 'a-' || n % 20, 's' from generate_series(1, $1::int) n",
      [CHUNK],
    );
  }
}, 300_000);
afterAll(() => pool.end());

const ORDER = { wanted: '10', clock: 'clock_timestamp()' };
const ALONG_THE_QUEUE = { ...ORDER, walk_max: '1000' };
const WAYS = [
  { way: 'walk', buffersMax: 300, search: () => walk, order: ALONG_THE_QUEUE },
  // Ten candidates from each of twenty lanes.
  { way: 'lanes', buffersMax: 350, search: () => byLanes, order: { ...ORDER, lanes: '32', choice: '10' } },
];

test.each([0, 1, 500].flatMap((pauses) => WAYS.map((one) => ({ ...one, pauses }))))(
  'F28 with $pauses pauses, 200,000 queued tasks and statistics of an empty queue, a claim by $way neither reads nor sorts the queue',
  async ({ pauses, search, order, buffersMax }) => {
    const {
      rows: [active],
    } = await db.pool.query<{ count: number }>('select count(*)::int as count from active_pauses');
    // The first pause holds the task at the head and a twentieth of the queue; the others touch nothing.
    for (let made = active?.count ?? 0; made < pauses; made++)
      await pause(db.pool, { kind: 'agent', value: made === 0 ? 'a-1' : `elsewhere-${made}` });
    const top = await explained(search(), order);
    const nodes = everyNode(top);
    expect(tasksLocked(top), 'it finds them').toBe(10);
    expect(nodes.filter((node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] === 'tasks')).toEqual([]);
    expect(
      nodes.filter((node) => node['Node Type'] === 'Sort').every((node) => node['Actual Rows'] <= SORTED_MAX),
    ).toBe(true);
    expect(buffersButForPauses(top)).toBeLessThan(buffersMax);
  },
);

test('F28 behind 200,000 paused tasks a walk begins with the first one that may be eligible', async () => {
  // New lanes begin behind what is known to be there.
  await advanceHorizon(db.pool, await advanceHorizon(db.pool, null));
  await db.pool.query("insert into tasks (agent_id, skill) select 'behind', 's' from generate_series(1, 100)");
  for (let agent = 0; agent < 20; agent++) await pause(db.pool, { kind: 'agent', value: `a-${agent}` });
  const top = await explained(walk, ALONG_THE_QUEUE);
  expect(tasksLocked(top), 'it finds them').toBe(10);
  expect(buffersButForPauses(top)).toBeLessThan(300);
});

test('F28 what has been found begins by its ids, with the statistics of an empty queue', async () => {
  const { rows } = await db.pool.query<{ id: string }>(
    "select t.id from tasks t where t.status = 'queued' order by t.id desc limit 10",
  );
  const top = await explained(await beginningStatement(db.pool), {
    worker: "'w'",
    wanted: '10',
    process: "'{}'",
    picked: `'{${rows.map(({ id }) => id).join(',')}}'`,
  });
  expect(
    everyNode(top).find((node) => node['Node Type'] === 'ModifyTable' && node['Relation Name'] === 'tasks')?.[
      'Actual Rows'
    ],
  ).toBe(10);
  const looks = everyNode(top)
    .filter((node) => node['Node Type'] !== 'ModifyTable' && node['Relation Name'] === 'tasks')
    .reduce(
      (sum, node) => sum + (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
      0,
    );
  // Each is looked up by its id, then fetched from where it lies; none is compared with each of the list.
  expect(looks).toBe(20);
  expect(everyNode(top).map((node) => node['Rows Removed by Join Filter'] ?? 0)).toEqual(everyNode(top).map(() => 0));
});

async function explained(statement: FoundStatement, order: Readonly<Record<string, string>>): Promise<PlanNode> {
  await pool.query(statement.prepare('plan_test'));
  const {
    rows: [row],
  } = await pool.query(`explain (analyze, buffers, format json) ${statement.execute('plan_test', order)}`);
  await pool.query('deallocate plan_test');
  return row['QUERY PLAN'][0].Plan;
}

const tasksLocked = (top: PlanNode): number | undefined =>
  everyNode(top).find((node) => node['Node Type'] === 'LockRows')?.['Actual Rows'];

/** The rows of 500 pauses fill some 90 buffers themselves. */
function buffersButForPauses(top: PlanNode): number {
  const read = everyNode(top).find((node) => node['Subplan Name'] === 'CTE paused');
  return buffers(top) - (read === undefined ? 0 : buffers(read));
}

const buffers = (node: PlanNode): number => node['Shared Hit Blocks'] + node['Shared Read Blocks'];

function everyNode(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(everyNode)];
}
