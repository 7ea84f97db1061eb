import type { RunningService } from '@orchestra/service-shell';
import {
  activePauses,
  alerts,
  alertView,
  checkAnswer,
  pauseHistory,
  pausePreview,
  pauseReceipt,
  unpauseAnswer,
  type ActivePauses,
  type Alerts,
  type AlertView,
  type CheckAnswer,
  type PauseHistory,
  type PausePreview,
  type PauseReceipt,
  type UnpauseAnswer,
} from '@orchestra/pause-core/contract';
import { revokeToken } from '@orchestra/pause-core';
import { claimTasks, completeRun, enqueueTasks } from '@orchestra/task-queue';
import { testDatabase, until } from '@orchestra/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { caller, newToken, problemOf, startPauseApi, type Caller } from './started.ts';

const database = testDatabase();
let service: RunningService;
let dana: Caller;

beforeAll(async () => {
  service = await startPauseApi(database.url);
  dana = caller(service.url, await newToken(database.pool, 'operator', 'dana'));
});
afterAll(() => service.stop());
beforeEach(() =>
  database.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null"),
);

const task = (labels: { agent_id?: string; skill?: string }) => ({
  ...labels,
  priority: 0,
  payload: {},
  max_attempts: 3,
  max_crashes: 3,
});

test('a pause answers a receipt: who, since when, settled, what still runs, what waits', async () => {
  await enqueueTasks(
    database.pool,
    [task({ agent_id: 'skeptic' }), task({ agent_id: 'skeptic' }), task({ agent_id: 'scribe' })],
    'test',
  );
  await claimTasks(database.pool, { worker: 'w1', agents: ['skeptic'], limit: 1 });
  const receipt = await dana.pause('agent', 'skeptic', { reason: 'runaway loop', ttl_seconds: 1_800 });
  expect(pauseReceipt.parse(receipt)).toMatchObject({
    scope_kind: 'agent',
    scope_value: 'skeptic',
    reason: 'runaway loop',
    paused_by: 'dana',
    source: 'person',
    ttl_seconds: 1_800,
    settled: true,
    in_flight_count: 1,
    queued: 1,
    in_flight: [{ run_id: expect.any(String), worker: 'w1', agent_id: 'skeptic' }],
  });
  expect(Date.parse(receipt.expires_at ?? '') - Date.parse(receipt.paused_at)).toBe(1_800_000);
});

test('dry_run tells what a pause would hold, and writes nothing', async () => {
  await dana.pause('skill', 'link_check');
  const written = async (): Promise<unknown> => (await database.pool.query('select count(*) from senate_pause')).rows;
  const before = await written();
  const { status, body } = await dana.post<PausePreview>('/api/senate/pause?dry_run=true', {
    scope_kind: 'skill',
    scope_value: 'link_check',
    reason: 'what if',
  });
  expect(status).toBe(200);
  expect(pausePreview.parse(body)).toMatchObject({
    dry_run: true,
    scope_value: 'link_check',
    in_flight_count: 0,
    other_pauses: [{ reason: 'a test' }],
  });
  expect(await written()).toEqual(before);
});

test('P7 pauses stack: clearing one by its id leaves the other, clearing the scope clears what is left', async () => {
  const first = await dana.pause('quest', 'q-7');
  const second = await dana.pause('quest', 'q-7', { ttl_seconds: 60 });
  const one = await dana.post<UnpauseAnswer>('/api/senate/unpause', { id: first.id, reason: 'mistaken' });
  expect(unpauseAnswer.parse(one.body)).toMatchObject({
    cleared: [{ id: first.id, cleared_by: 'dana' }],
    still_paused: [{ id: second.id }],
  });
  const rest = await dana.post<UnpauseAnswer>('/api/senate/unpause', { scope_kind: 'quest', scope_value: 'q-7' });
  expect(rest.body).toMatchObject({ cleared: [{ id: second.id }], still_paused: [] });
  expect((await dana.post('/api/senate/unpause', { scope_kind: 'quest', scope_value: 'q-7' })).body).toEqual({
    cleared: [],
    still_paused: [],
  });
  expect(problemOf(await dana.post('/api/senate/unpause', { id: first.id }))).toMatchObject({
    code: 'pause_not_active',
    status: 409,
    detail: expect.stringContaining('dana'),
  });
  expect(problemOf(await dana.post('/api/senate/unpause', { id: '999999' }))).toMatchObject({
    code: 'pause_not_found',
    status: 404,
  });
});

test('a check and a clear of what nothing has ever carried say so; what is known they answer as before', async () => {
  await enqueueTasks(database.pool, [task({ agent_id: 'navigator', skill: 'steer' })], 'test');
  const check = async (query: string) =>
    checkAnswer.parse((await dana.get<CheckAnswer>(`/api/senate/pauses/check?${query}`)).body);
  // A busy database says nothing of labels (null): then they are asked for again.
  const checkLabels = (query: string) =>
    until('the labels were looked up in time', async () => {
      const answer = await check(query);
      return answer.unknown_labels === null ? undefined : answer;
    });
  expect(await checkLabels('agent_id=navigator&skill=steer')).toEqual({
    paused: false,
    reason: null,
    pause: null,
    stale: false,
  });
  expect(await checkLabels('agent_id=navigatr&skill=steer')).toMatchObject({
    paused: false,
    unknown_labels: [{ scope_kind: 'agent', scope_value: 'navigatr', near_labels: [{ scope_value: 'navigator' }] }],
  });
  expect(
    (await dana.post<UnpauseAnswer>('/api/senate/unpause', { scope_kind: 'agent', scope_value: 'navigatr' })).body,
  ).toMatchObject({ cleared: [], label_known: false, near_labels: [{ scope_value: 'navigator' }] });
  // Nobody waits for a table that somebody holds: the check is answered from memory.
  const holder = await database.pool.connect();
  await holder.query('begin');
  await holder.query('lock table task_lanes in access exclusive mode');
  expect(await check('agent_id=never-heard-of')).toEqual({
    paused: false,
    reason: null,
    pause: null,
    stale: false,
    unknown_labels: null,
  });
  await holder.query('commit');
  holder.release();
});

test('the list of active pauses tells age, time left, what runs and what waits; quiet turns true when the last run ends', async () => {
  await enqueueTasks(database.pool, [task({ skill: 'debate' })], 'test');
  const [run] = await claimTasks(database.pool, { worker: 'w1', skills: ['debate'], limit: 1 });
  if (run === undefined) throw new Error('nothing was claimed');
  await dana.pause('skill', 'debate', { ttl_seconds: 600 });
  const list = async (): Promise<ActivePauses> =>
    (await dana.get<ActivePauses>('/api/senate/pauses?scope_kind=skill&scope_value=debate')).body;
  const [pause] = activePauses.parse(await list()).pauses;
  expect(pause).toMatchObject({ in_flight_count: 1, queued: 0, quiet: false, quiet_at: null });
  expect(pause?.remaining_seconds).toBeGreaterThan(590);
  expect(pause?.age_seconds).toBeLessThan(10);
  await completeRun(database.pool, run.id, run.run_id, null);
  await until('the pause is quiet', async () => (await list()).pauses[0]?.quiet_at !== null);
  expect((await list()).pauses[0]).toMatchObject({ quiet: true, in_flight_count: 0 });
});

test('lists are paged by cursor, each pause on one page, and a forged cursor is refused', async () => {
  const values = Array.from({ length: 5 }, (_, index) => `page-${index}`);
  for (const value of values) await dana.pause('actor', value);
  for (const path of ['/api/senate/pauses?scope_kind=actor', '/api/senate/pauses?scope_kind=actor&history=true']) {
    if (path.includes('history'))
      for (const value of values) await dana.post('/api/senate/unpause', { scope_kind: 'actor', scope_value: value });
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: ActivePauses | PauseHistory = (
        await dana.get<ActivePauses | PauseHistory>(`${path}&limit=2${cursor && `&cursor=${cursor}`}`)
      ).body;
      expect(page.pauses.length).toBeLessThanOrEqual(2);
      seen.push(...page.pauses.map((pause) => pause.scope_value));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(values.toReversed());
  }
  for (const cursor of ['AAAA', 'MA', '0', 'eA', '!'])
    expect(problemOf(await dana.get(`/api/senate/pauses?cursor=${cursor}`)).errors?.[0]?.field).toBe('cursor');
});

test('history keeps who ended what and when', async () => {
  const { id } = await dana.pause('agent', 'remembered', { reason: 'first' });
  await dana.post('/api/senate/unpause', { id });
  const { body } = await dana.get<PauseHistory>('/api/senate/pauses?history&scope_kind=agent&scope_value=remembered');
  expect(pauseHistory.parse(body).pauses).toMatchObject([{ id, reason: 'first', cleared_by: 'dana' }]);
});

test('P3 a row inserted by hand in psql shows in check, and the named pause follows the precedence', async () => {
  const check = async (query: string): Promise<CheckAnswer> =>
    checkAnswer.parse((await dana.get(`/api/senate/pauses/check?${query}`)).body);
  expect(await check('agent_id=by-hand')).toMatchObject({ paused: false, reason: null, pause: null, stale: false });
  await database.pool.query(
    "insert into senate_pause (scope_kind, scope_value, reason) values ('agent', 'by-hand', 'from psql')",
  );
  await until('the row is known', async () => (await check('agent_id=by-hand')).paused);
  expect(await check('agent_id=by-hand&skill=any')).toMatchObject({
    paused: true,
    reason: 'from psql',
    pause: { source: 'sql' },
  });
  await dana.pause('actor', 'acct-1', { reason: 'stronger' });
  await until(
    'the actor is named',
    async () => (await check('agent_id=by-hand&actor_id=acct-1')).reason === 'stronger',
  );
});

test('alerts come in, are listed and acknowledged; the first acknowledgement stands', async () => {
  const made = await dana.post<AlertView>('/api/senate/alerts', {
    kind: 'cost',
    ref_id: 'acct-9',
    severity: 'high',
    details: { spent: 12 },
  });
  expect(alertView.parse(made.body)).toMatchObject({
    kind: 'cost',
    ref_id: 'acct-9',
    severity: 'high',
    details: { spent: 12 },
    ack_at: null,
  });
  await dana.post('/api/senate/alerts', { kind: 'cost', ref_id: 'acct-9' });
  const listed = async (query: string): Promise<Alerts> =>
    alerts.parse((await dana.get(`/api/senate/alerts?${query}`)).body);
  expect((await listed('ref_id=acct-9')).alerts.map((alert) => alert.severity)).toEqual(['medium', 'high']);
  expect(await listed('ref_id=acct-9&limit=1')).toMatchObject({
    alerts: [{ severity: 'medium' }],
    next_cursor: expect.any(String),
  });
  const acknowledged = await dana.post<AlertView>(`/api/senate/alerts/${made.body.id}/ack`);
  expect(acknowledged.body).toMatchObject({ id: made.body.id, ack_by: 'dana' });
  const other = caller(service.url, await newToken(database.pool, 'operator'));
  expect((await other.post<AlertView>(`/api/senate/alerts/${made.body.id}/ack`)).body).toEqual(acknowledged.body);
  expect((await listed('ref_id=acct-9&unacknowledged=true')).alerts).toHaveLength(1);
  expect(problemOf(await dana.post('/api/senate/alerts/999999/ack')).code).toBe('alert_not_found');
});

test('an Idempotency-Key makes a repeated call do nothing twice; with another body it is refused', async () => {
  const headers = { 'idempotency-key': 'the-key' };
  const body = { scope_kind: 'agent', scope_value: 'once', reason: 'a test' };
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => dana.post<PauseReceipt>('/api/senate/pause', body, headers)),
  );
  expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
  const { rows } = await database.pool.query(
    "select count(*)::int as count from senate_pause where scope_value = 'once'",
  );
  expect(rows).toEqual([{ count: 1 }]);
  expect(problemOf(await dana.post('/api/senate/pause', { ...body, reason: 'other' }, headers))).toMatchObject({
    status: 422,
    code: 'idempotency_key_reused',
  });
  expect(problemOf(await dana.post('/api/senate/unpause', body, headers))).toMatchObject({
    status: 422,
    code: 'idempotency_key_reused',
  });
  const other = caller(service.url, await newToken(database.pool, 'operator'));
  expect((await other.post<PauseReceipt>('/api/senate/pause', body, headers)).body.id).not.toBe(answers[0]?.body.id);
});

test('an Idempotency-Key belongs to the token, not to its name: who is given the name of a revoked token is not answered what that one was', async () => {
  const headers = { 'idempotency-key': 'of-the-token' };
  const body = { scope_kind: 'agent', scope_value: 'name', reason: 'a test' };
  const first = await caller(service.url, await newToken(database.pool, 'operator', 'reused')).post<PauseReceipt>(
    '/api/senate/pause',
    body,
    headers,
  );
  await revokeToken(database.pool, { name: 'reused', by: 'test' });
  const second = await caller(service.url, await newToken(database.pool, 'operator', 'reused')).post<PauseReceipt>(
    '/api/senate/pause',
    body,
    headers,
  );
  expect([second.status, second.body.id === first.body.id]).toEqual([200, false]);
});

test('a refusal is not kept under an Idempotency-Key: the same call works once the alert is there', async () => {
  const headers = { 'idempotency-key': 'before-the-alert' };
  const { body: last } = await dana.post<AlertView>('/api/senate/alerts', { kind: 'cost', ref_id: 'acct-8' });
  const next = String(BigInt(last.id) + 1n);
  expect(problemOf(await dana.post(`/api/senate/alerts/${next}/ack`, undefined, headers)).code).toBe('alert_not_found');
  expect((await dana.post<AlertView>('/api/senate/alerts', { kind: 'cost', ref_id: 'acct-8' })).body.id).toBe(next);
  expect((await dana.post<AlertView>(`/api/senate/alerts/${next}/ack`, undefined, headers)).body).toMatchObject({
    id: next,
    ack_by: 'dana',
  });
});

test('a pause that reaches its end is closed by the sweeper, with its own end and name', async () => {
  const { id } = await dana.pause('agent', 'short', { ttl_seconds: 1 });
  const row = await until(
    'the pause is closed',
    async () =>
      (
        await database.pool.query<{ cleared_by: string; exact: boolean }>(
          `select cleared_by, cleared_at = paused_at + interval '1 second' as exact
             from senate_pause
            where id = $1
              and cleared_at is not null`,
          [id],
        )
      ).rows[0],
  );
  expect(row).toEqual({ cleared_by: 'senate.ttl', exact: true });
});

test('the health routes, the page, the document and the readable page need no token', async () => {
  for (const path of [
    '/livez',
    '/readyz',
    '/metrics',
    '/openapi.json',
    '/docs',
    '/docs/start.js',
    '/docs/swagger-ui-bundle.js',
  ]) {
    const answer = await fetch(service.url + path);
    expect([path, answer.status]).toEqual([path, 200]);
    await answer.arrayBuffer();
  }
  for (const path of ['/', '/docs', '/openapi.json'])
    expect((await fetch(service.url + path, { method: 'POST' })).headers.get('allow')).toBe('GET, HEAD');
  expect([200, 503]).toContain((await fetch(`${service.url}/`)).status);
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  for (const name of [
    'active_pauses',
    'replica_age_seconds',
    'event_streams',
    'pause_receipt_seconds_count',
    'pauses_unsettled_total',
    'http_request_duration_seconds_count',
  ]) {
    expect(metrics).toContain(`orchestra_${name}`);
  }
});
