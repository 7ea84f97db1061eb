import { randomUUID } from 'node:crypto';
import { forgetOldGates, noteRefusals } from '@orchestra/pause-core';
import {
  checkAnswer,
  pausePage,
  turnGates,
  type GateReportRequest,
  type PausePage,
  type PauseReceipt,
} from '@orchestra/pause-core/contract';
import type { RunningService } from '@orchestra/service-shell';
import { COVER_CASES, FaultProxy, testDatabase, until } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StreamReader } from './stream-reader.ts';
import { caller, newToken, problemOf, startPauseApi, type Caller } from './started.ts';

const database = testDatabase();
let proxy: FaultProxy;
let service: RunningService;
let dana: Caller;
let agent: Caller;
let agentToken = '';

beforeAll(async () => {
  proxy = await FaultProxy.before(database.url);
  service = await startPauseApi(proxy.url);
  dana = caller(service.url, await newToken(database.pool, 'operator', 'dana'));
  agentToken = await newToken(database.pool, 'agent', 'fleet');
  agent = caller(service.url, agentToken);
});
afterAll(async () => {
  await service.stop();
  await proxy.close();
});

const gate = (more: Partial<GateReportRequest> = {}): GateReportRequest => ({
  id: randomUUID(),
  name: 'one',
  kind: 'brake',
  host: 'here',
  stops_when_unknown: true,
  ...more,
});
const report = async (told: GateReportRequest, as = agent): Promise<void> => {
  const { status, body } = await as.post('/api/turn-gates/report', told);
  expect([status, body]).toEqual([200, { report_again_ms: 5_000 }]);
};
const pageOf = async (id: string) => {
  const { gates } = pausePage.parse((await dana.get<PausePage>(`/api/senate/pauses/${id}`)).body);
  if (gates === null) throw new Error('a pause page tells of gates');
  return gates;
};

test('a receipt and the page of a pause tell which gates are connected, and which know the pause, at that instant', async () => {
  const one = gate({ name: 'first', known_pauses: [] });
  const other = gate({ name: 'second', known_pauses: [] });
  await Promise.all([report(one), report(other)]);
  const receipt = await dana.pause('agent', 'confirmed');
  expect(receipt.gates).toEqual({ connected: 2, confirmed: 0 });
  await report({ ...one, known_pauses: [receipt.id] });
  expect(await pageOf(receipt.id)).toMatchObject({
    connected: 2,
    confirmed: 1,
    unconfirmed: [{ name: 'second', by: 'fleet', kind: 'brake' }],
  });
  await report({ ...one, known_pauses: null }); // what it knows is as before
  await report({ ...other, known_pauses: [receipt.id, '999'] });
  expect(await pageOf(receipt.id)).toMatchObject({ connected: 2, confirmed: 2, unconfirmed: [] });
  // One says that it ends, one falls silent.
  await report({ ...one, leaving: true });
  await database.pool.query("update turn_gates set seen_at = now() - interval '16 seconds' where name = 'second'");
  expect(await pageOf(receipt.id)).toMatchObject({ connected: 0, confirmed: 0 });
  expect(
    (await dana.post<PauseReceipt>('/api/senate/pause', { scope_kind: 'agent', scope_value: 'alone', reason: 'r' }))
      .body.gates,
  ).toEqual({ connected: 0, confirmed: 0 });
});

test('a gate belongs to the token that reported it first, and is forgotten a day after it was seen last', async () => {
  const own = gate({ name: 'own', known_pauses: [] });
  await report(own);
  const other = caller(service.url, await newToken(database.pool, 'agent'));
  await report({ ...own, name: 'taken over', leaving: true }, other);
  const listed = async () => turnGates.parse((await dana.get('/api/turn-gates')).body).gates.map(({ name }) => name);
  expect(await listed()).toContain('own');
  // Nor when both report at the same moment.
  await Promise.all([report({ ...own, leaving: true }, other), report(own), report({ ...own, leaving: true }, other)]);
  expect(await listed()).toContain('own');
  await database.pool.query("update turn_gates set seen_at = now() - interval '25 hours'");
  await forgetOldGates(database.pool);
  expect((await database.pool.query('select from turn_gates')).rowCount).toBe(0);
});

test('what gates have refused is counted for each pause: how often, by whom, and when last', async () => {
  const { id } = await dana.pause('skill', 'met');
  const refusal = (agent_id: string, refused: number) => ({
    pause_id: id,
    agent_id,
    skill: 'met',
    refused,
    first_ago_ms: 60_000,
    last_ago_ms: 30_000,
  });
  await Promise.all([
    report(gate({ name: 'a', refusals: [refusal('skeptic', 9), refusal('scribe', 1)] })),
    report(gate({ name: 'b', refusals: [refusal('skeptic', 2)] })),
  ]);
  await report(
    gate({
      name: 'a',
      refusals: [
        { ...refusal('skeptic', 2), last_ago_ms: 0 },
        { ...refusal('nobody', 5), pause_id: '999999' },
      ],
    }),
  );
  const { refusals, ...told } = await pageOf(id);
  expect(told).toMatchObject({ refused: 14, refused_by: 2, last_refused_at: refusals[0]?.last_at });
  expect(
    refusals
      .map(({ gate: by, agent_id, refused, skill, by: token }) => [by, token, agent_id, skill, refused].join(' '))
      .toSorted(),
  ).toEqual(['a fleet scribe met 1', 'a fleet skeptic met 11', 'b fleet skeptic met 2']);
  expect(Date.now() - Date.parse(told.last_refused_at ?? '')).toBeLessThan(30_000);
});

test('the metrics tell how many gates are connected, how many know every active pause, and how many steps were stopped', async () => {
  const figures = async (): Promise<Record<string, number>> =>
    Object.fromEntries(
      [
        ...(await (await fetch(`${service.url}/metrics`)).text()).matchAll(
          /^orchestra_(turn_gate\S+?)\{(?:keeps_copy="(\w+)",)?service="pause-api"\} (\d+)$/gm,
        ),
      ].map(([, name, copy = '', value]) => [`${name} ${copy}`.trim(), Number(value)]),
    );
  await database.pool.query('update turn_gates set left_at = now()');
  await database.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  const before = await figures();
  const { id } = await dana.pause('skill', 'counted');
  await report(
    gate({
      name: 'knows',
      known_pauses: [id],
      refusals: [{ pause_id: id, refused: 3, first_ago_ms: 0, last_ago_ms: 0 }],
    }),
  );
  await report(gate({ name: 'does not', known_pauses: [] }));
  await agent.post('/api/turn-gates/ask', { skill: 'counted', gate: 'asks' });
  await until(
    'it is counted',
    async () => (await figures())['turn_gate_refusals_total'] === (before['turn_gate_refusals_total'] ?? 0) + 4,
  );
  expect(await figures()).toMatchObject({
    'turn_gates_connected true': 2,
    'turn_gates_connected false': 1,
    'turn_gates_confirmed true': 1,
  });
  proxy.refuse();
  try {
    expect(Object.keys(await figures())).toEqual(['turn_gate_refusals_total']);
  } finally {
    proxy.pass();
  }
});

test('of one pause a thousand gates and agents are told apart; what is beyond is counted without a name', async () => {
  const { id } = await dana.pause('skill', 'flood');
  const many = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, index) => ({
      pauseId: id,
      gate: 'g',
      reportedBy: 'fleet',
      agentId: `${prefix}-${index}`,
      skill: null,
      refused: 1,
      firstAgoMs: 0,
      lastAgoMs: 0,
    }));
  await noteRefusals(database.pool, many(1_000, 'a'));
  await noteRefusals(database.pool, many(40, 'b'));
  const { rows } = await database.pool.query(
    'select agent_id, refused::int from gate_refusals where pause_id = $1 order by refused desc limit 2',
    [id],
  );
  expect([rows[0], (await pageOf(id)).refused]).toEqual([{ agent_id: '', refused: 40 }, 1_040]);
});

test('asking reads the database: a pause counts from its commit on, and with the database gone the answer is a refusal', async () => {
  await database.pool.query(
    "insert into senate_pause (scope_kind, scope_value, reason) values ('agent', 'asked', 'by hand')",
  );
  const ask = (body: object) => agent.post('/api/turn-gates/ask', body);
  expect(checkAnswer.parse((await ask({ agent_id: 'asked', gate: 'curl' })).body)).toMatchObject({
    paused: true,
    reason: 'by hand',
    stale: false,
  });
  expect((await ask({ agent_id: 'free' })).body).toEqual({ paused: false, reason: null, pause: null, stale: false });
  expect(problemOf(await ask({ gate: 'curl' })).code).toBe('invalid_request');
  expect(problemOf(await ask({ agent: 'asked' })).code).toBe('invalid_request');
  await until(
    'the refusal is counted',
    async () =>
      (await database.pool.query("select from gate_refusals where gate = 'curl' and agent_id = 'asked'")).rowCount ===
      1,
  );
  proxy.refuse();
  try {
    expect(problemOf(await ask({ agent_id: 'free' }))).toMatchObject({ status: 503, code: 'database_unavailable' });
  } finally {
    proxy.pass();
  }
});

test('the role agent may ask and nothing else; its stream tells of pauses and of nothing else', async () => {
  for (const path of [
    '/api/senate/pauses',
    '/api/senate/alerts',
    '/api/senate/history',
    '/api/turn-gates',
    '/api/queue',
  ]) {
    expect([path, problemOf(await agent.get(path)).code]).toEqual([path, 'forbidden']);
  }
  for (const path of ['/api/senate/pause', '/api/senate/unpause', '/api/senate/alerts']) {
    expect([path, problemOf(await agent.post(path, {})).code]).toEqual([path, 'forbidden']);
  }
  const stream = await StreamReader.open(service.url, agentToken, undefined, '?desk=true');
  await dana.post('/api/senate/alerts', { kind: 'cost', ref_id: 'secret' });
  await dana.pause('agent', 'told');
  await stream.until('pause.created told');
  expect(stream.told.filter((told) => told.startsWith('alert.'))).toEqual([]);
  stream.leave();
});

test('P19 gates that ask, and checks, stop what the table of cases says', async () => {
  for (const cases of Map.groupBy(COVER_CASES, ({ scope }) => JSON.stringify(scope)).values()) {
    const { kind, value, also } = cases[0]?.scope ?? { kind: 'fleet', value: '*' };
    const made = await dana.post<PauseReceipt>('/api/senate/pause', {
      scope_kind: kind,
      scope_value: value,
      also,
      reason: 'the table',
    });
    expect([made.status, made.body.settled]).toEqual([200, true]);
    // Asks the database.
    const asked = async (step: object) =>
      (await agent.post<{ paused: boolean }>('/api/turn-gates/ask', step)).body.paused;
    // Asks the memory of the service, which learns of a pause, and of its end, a moment later.
    const checked = async (step: Record<string, string>) =>
      checkAnswer.parse((await dana.get(`/api/senate/pauses/check?${String(new URLSearchParams(step))}`)).body).paused;
    const first: Record<string, string> = JSON.parse(stepOf(cases.find(({ covered }) => covered)?.labels ?? {}));
    await until('the service knows the pause', () => checked(first));
    for (const { labels, covered } of cases) {
      const step: Record<string, string> = JSON.parse(stepOf(labels));
      const about = JSON.stringify({ kind, value, also, step });
      expect(await checked(step), about).toBe(covered);
      if (Object.keys(step).length > 0) expect(await asked(step), about).toBe(covered);
    }
    await dana.post('/api/senate/unpause', { id: made.body.id });
    await until('the service knows that it has ended', async () => !(await checked(first)));
  }
});

test('P19 over REST a scope is the set of its labels, in whatever order they are named', async () => {
  const pair = { scope_kind: 'quest', scope_value: 'q-7', also: { agent: 'pairs' } };
  const made = (await dana.post<PauseReceipt>('/api/senate/pause', { ...pair, reason: 'both' })).body;
  expect(made).toMatchObject({ scope_kind: 'agent', scope_value: 'pairs', also: { quest: 'q-7' }, label_known: false });
  const alone = (
    await dana.post<PauseReceipt>('/api/senate/pause', { scope_kind: 'agent', scope_value: 'pairs', reason: 'one' })
  ).body;
  expect(alone.also).toBeNull();
  const listed = async (query: Record<string, string>) =>
    (
      await dana.get<{ pauses: { id: string }[] }>(`/api/senate/pauses?${String(new URLSearchParams(query))}`)
    ).body.pauses.map(({ id }) => id);
  expect(await listed({ scope_kind: 'quest', scope_value: 'q-7' })).toEqual([made.id]);
  expect(await listed({ scope_kind: 'agent', scope_value: 'pairs' })).toEqual([alone.id, made.id]);
  expect(await listed({ scope_kind: 'agent', scope_value: 'pairs', also: '{"quest":"q-7"}' })).toEqual([made.id]);
  const history = (
    await dana.get<{ entries: { subject_id: string; also: unknown }[] }>(
      '/api/senate/history?scope_kind=quest&scope_value=q-7&action=pause.created',
    )
  ).body;
  expect(history.entries).toMatchObject([{ subject_id: made.id, also: { quest: 'q-7' } }]);
  // Clearing the one leaves the other.
  expect(
    (
      await dana.post<{ cleared: { id: string }[] }>('/api/senate/unpause', {
        scope_kind: 'agent',
        scope_value: 'pairs',
      })
    ).body.cleared.map(({ id }) => id),
  ).toEqual([alone.id]);
  expect(
    (
      await dana.post<{ cleared: { id: string }[] }>('/api/senate/unpause', {
        scope_kind: 'agent',
        scope_value: 'pairs',
        also: { quest: 'q-7' },
      })
    ).body.cleared.map(({ id }) => id),
  ).toEqual([made.id]);
  expect(
    (await dana.get<{ pauses: unknown[] }>('/api/senate/pauses?history=true&scope_kind=quest&scope_value=q-7')).body
      .pauses,
  ).toMatchObject([{ id: made.id }]);
});

test.each([
  ['a fleet of another name', { scope_kind: 'fleet', scope_value: 'all' }, 'scope_value'],
  ['the fleet and a label', { scope_kind: 'fleet', scope_value: '*', also: { agent: 'a' } }, 'also'],
  ['two labels of a kind', { scope_kind: 'agent', scope_value: 'a', also: { agent: 'b' } }, 'also'],
  ['no further label', { scope_kind: 'agent', scope_value: 'a', also: {} }, 'also'],
  ['a kind that there is not', { scope_kind: 'agent', scope_value: 'a', also: { planet: 'b' } }, 'also'],
])('P19 refused: %s', async (_, scope, path) => {
  const problem = problemOf(await dana.post('/api/senate/pause', { ...scope, reason: 'r' }));
  expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
  expect(JSON.stringify(problem)).toContain(path);
});

/** The labels of a step that are there. */
function stepOf(labels: object): string {
  return JSON.stringify(Object.fromEntries(Object.entries(labels).filter(([, label]) => label !== null)));
}
