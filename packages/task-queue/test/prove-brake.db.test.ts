import { createDatabaseReplica, type PauseReplica } from '@orchestra/pause-core';
import { testDatabase } from '@orchestra/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  alertOfProof,
  BRAKE_NOT_PROVED,
  noteProof,
  proveBrake,
  PROVER,
  readBrakeProof,
  readLabelNumbers,
  search,
  setProofPeriod,
  takeProofTurn,
} from '../src/index.ts';
import { add, claim, ids } from './fixtures.ts';

const db = testDatabase();
let replica: PauseReplica;
const knows = (agent: string): boolean => replica.isPaused({ agentId: agent }).paused;

beforeAll(async () => {
  replica = createDatabaseReplica({ pool: db.pool, listenConnectionString: db.url });
  await replica.start();
});
afterAll(() => replica.stop());
beforeEach(async () => {
  await db.pool.query('truncate tasks, task_event_rows, event_batches, brake_proof');
});

async function left(): Promise<unknown> {
  const { rows } = await db.pool.query(
    `select (select count(*)::int from active_pauses) as pauses,
            (select count(*)::int from tasks where status in ('queued', 'running', 'held')) as tasks`,
  );
  return rows[0];
}
const alerts = async (): Promise<unknown[]> =>
  (await db.pool.query('select kind, ref_id, severity from senate_alerts order by id')).rows;

test('the brake is proved with an agent of its own, whoever takes anything gets nothing of it, and nothing is left', async () => {
  const [id] = await add(db.pool, { agent_id: 'skeptic' });
  const taken: string[] = [];
  const proving = proveBrake(db.pool, { knows });
  const greedy = (async () => {
    for (let round = 0; round < 20; round += 1) taken.push(...ids(await claim(db.pool)));
  })();
  expect(await proving).toBeNull();
  await greedy;
  expect(taken).toEqual([id]);
  expect(await left()).toEqual({ pauses: 0, tasks: 1 });
  const { rows } = await db.pool.query('select distinct agent_id from tasks where created_by = $1', [PROVER]);
  expect(rows).toEqual([{ agent_id: expect.stringMatching(/^orchestra-doctor-[0-9a-f]{12}$/) }]);
  // No list that an operator chooses from names what the test has left.
  for (const by of ['agent', 'skill'] as const) {
    const { labels } = await readLabelNumbers(db.pool, { by, limit: 50 });
    expect(labels.map(({ value }) => value)).toEqual(by === 'agent' ? ['skeptic'] : []);
  }
  expect((await search(db.pool, 'orchestra-doctor')).labels).toEqual([]);
});

test('what a test that was killed has left behind is taken away by the next one', async () => {
  await db.pool.query(
    "insert into tasks (agent_id, skill, created_by) values ('orchestra-doctor-0123456789ab', 'orchestra-doctor', $1)",
    [PROVER],
  );
  expect(await proveBrake(db.pool, { knows })).toBeNull();
  expect(await left()).toEqual({ pauses: 0, tasks: 0 });
});

test('a brake that holds nothing, and bells that nobody hears, are told', async () => {
  expect(await proveBrake(db.pool, { knows: () => false })).toContain('not heard of');
  // Ended behind its back, so that the claim is granted that it expects to be refused.
  const endsIt = async (agent: string): Promise<boolean> => {
    await db.pool.query(
      "update senate_pause set cleared_at = now(), cleared_by = 'x' where scope_value = $1 and cleared_at is null",
      [agent],
    );
    return true;
  };
  expect(await proveBrake(db.pool, { knows: endsIt })).toContain('A PAUSED TASK WAS CLAIMED');
  expect(await left()).toEqual({ pauses: 0, tasks: 0 });
  expect(await proveBrake(db.pool, { knows })).toBeNull();
});

test('of several instances one makes each test; the first comes a little after the first start', async () => {
  await setProofPeriod(db.pool, 3_600);
  expect(await Promise.all([1, 2, 3].map(() => takeProofTurn(db.pool)))).toEqual([false, false, false]);
  await db.pool.query("update brake_proof set tried_at = tried_at - interval '5 minutes'");
  expect((await Promise.all([1, 2, 3, 4].map(() => takeProofTurn(db.pool)))).filter(Boolean)).toHaveLength(1);
  await setProofPeriod(db.pool, 3_600); // another instance starts
  expect(await takeProofTurn(db.pool)).toBe(false);
  await setProofPeriod(db.pool, null);
  expect(await readBrakeProof(db.pool)).toBeNull();
  expect(await takeProofTurn(db.pool)).toBe(false);
});

test('a failure and a delay raise one alert each, about no actor: it pauses nobody', async () => {
  await setProofPeriod(db.pool, 60);
  expect(await alertOfProof(db.pool)).toBe(false);
  await noteProof(db.pool, 'A PAUSED TASK WAS CLAIMED');
  expect(await Promise.all([1, 2, 3].map(() => alertOfProof(db.pool)))).toEqual(
    expect.arrayContaining([true, false, false]),
  );
  await noteProof(db.pool, 'again');
  expect(await alertOfProof(db.pool)).toBe(false);
  await noteProof(db.pool, null);
  expect(await readBrakeProof(db.pool)).toMatchObject({ failure: null, overdue: false, proved_at: expect.any(String) });
  await db.pool.query(
    "update brake_proof set proved_at = now() - interval '10 minutes', watched_since = now() - interval '10 minutes'",
  );
  expect(await readBrakeProof(db.pool)).toMatchObject({ overdue: true });
  expect(await alertOfProof(db.pool)).toBe(true);
  expect(await alertOfProof(db.pool)).toBe(false);
  const told = { kind: BRAKE_NOT_PROVED, ref_id: null, severity: 'critical' };
  expect(await alerts()).toEqual([told, told]);
  expect(await left()).toMatchObject({ pauses: 0 });
});
