import type { RunningService } from '@orchestra/service-shell';
import { testDatabase } from '@orchestra/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { caller, newToken, problemOf, startPauseApi, type Caller } from './started.ts';

const database = testDatabase();
let service: RunningService;
let admin: Caller;
let before: string;

beforeAll(async () => {
  service = await startPauseApi(database.url);
  admin = caller(service.url, await newToken(database.pool, 'admin'));
  before = await everything();
});
afterAll(() => service.stop());
afterEach(async () => {
  if ((await everything()) !== before) throw new Error('a refused call has written something');
});

/** What a call could have written. */
async function everything(): Promise<string> {
  const { rows } = await database.pool
    .query(`select (select count(*) from senate_pause) as pauses, (select count(*) from senate_alerts) as alerts,
    (select count(*) from senate_events) as events, (select count(*) from idempotency_keys) as keys,
    (select count(*) from senate_audit where subject_kind <> 'token') as audit`);
  return JSON.stringify(rows);
}

const PAUSE = { scope_kind: 'agent', scope_value: 'skeptic', reason: 'a test' };
const ALERT = { kind: 'cost', ref_id: 'acct-1', severity: 'critical' };
const TEN_YEARS = 10 * 366 * 24 * 3_600;
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

const VALUES: [string, unknown][] = [
  ['empty', ''],
  ['blank', '   '],
  ['a blank at the end', 'skeptic '],
  ['201 characters', 'x'.repeat(201)],
  ['NUL', 'a\0b'],
  ['a line break', 'a\nb'],
  ['an escape', '\u001b[31m'],
  ['a lone surrogate', 'a\ud800'],
  ['a line separator', 'a\u2028b'],
  ['a number', 7],
  ['null', null],
  ['a list', ['skeptic']],
  ['an object', { $ne: '' }],
  ['a C1 control', 'a\u0085b'],
];
const REASONS: [string, unknown][] = [
  ['empty', ''],
  ['blank', ' \n\t '],
  ['2,001 characters', 'x'.repeat(2_001)],
  ['NUL', 'a\0b'],
  ['a lone surrogate', '\udc00'],
  ['an escape', '\u001b]0;x\u0007'],
  ['a number', 1],
  ['absent', undefined],
];
const TTLS: [string, unknown][] = [
  ['zero', 0],
  ['negative', -5],
  ['a fraction', 1.5],
  ['beyond ten years', TEN_YEARS + 1],
  ['beyond any integer', 1e308],
  ['text', '60'],
  ['true', true],
  ['a list', [60]],
];

const PAUSES: [string, unknown, string][] = [
  ...VALUES.map(([name, value]): [string, unknown, string] => [
    `scope value: ${name}`,
    { ...PAUSE, scope_value: value },
    'scope_value',
  ]),
  ...REASONS.map(([name, value]): [string, unknown, string] => [
    `reason: ${name}`,
    { ...PAUSE, reason: value },
    'reason',
  ]),
  ...TTLS.map(([name, value]): [string, unknown, string] => [
    `ttl: ${name}`,
    { ...PAUSE, ttl_seconds: value },
    'ttl_seconds',
  ]),
  ['a kind that does not exist', { ...PAUSE, scope_kind: 'system' }, 'scope_kind'],
  ['a kind in other letters', { ...PAUSE, scope_kind: 'Agent' }, 'scope_kind'],
  ...['id', 'paused_by', 'source', 'expires_at', 'cleared_at', 'ttlSeconds', 'constructor'].map(
    (name): [string, unknown, string] => [`unknown field ${name}`, { ...PAUSE, [name]: 'x' }, name],
  ),
];

test.each(PAUSES)('pause refuses %s, and names the field', async (_name, body, field) => {
  const refused = problemOf(await admin.post('/api/senate/pause', body, { 'idempotency-key': 'bad' }));
  expect([refused.status, refused.code, refused.errors?.map((error) => error.field)]).toEqual([
    400,
    'invalid_request',
    [field],
  ]);
});

test.each<[string, unknown, string[]]>([
  ['nothing', {}, ['scope_kind', 'scope_value']],
  ['an id that is no id', { id: 'x' }, ['id']],
  ['an id that is a number', { id: 7 }, ['id']],
  ['an id beyond what can exist', { id: '9223372036854775808' }, ['id']],
  ['an id with a sign', { id: '-1' }, ['id']],
  ['a scope and an id', { scope_kind: 'agent', scope_value: 'x', id: '1' }, ['id']],
  ['half a scope', { scope_kind: 'agent' }, ['scope_value']],
  ['a blank reason', { id: '1', reason: '' }, ['reason']],
  ['who did it', { id: '1', cleared_by: 'me' }, ['cleared_by']],
])('unpause refuses %s', async (_name, body, fields) => {
  const refused = problemOf(await admin.post('/api/senate/unpause', body));
  expect([refused.status, refused.errors?.map((error) => error.field).toSorted()]).toEqual([400, fields]);
});

test.each<[string, unknown, string]>([
  ['a severity that does not exist', { ...ALERT, severity: 'fatal' }, 'severity'],
  ['an actor that is blank', { ...ALERT, ref_id: ' ' }, 'ref_id'],
  ['no actor', { kind: 'cost' }, 'ref_id'],
  ['a kind with NUL', { ...ALERT, kind: 'a\0' }, 'kind'],
  ['details with NUL', { ...ALERT, details: { note: 'a\0' } }, 'details.note'],
  ['details with NUL in a key', { ...ALERT, details: { 'a\0': 1 } }, 'details'],
  ['details with a lone surrogate', { ...ALERT, details: { deep: [{ note: '\ud800' }] } }, 'details.deep[0].note'],
  ['details that are a list', { ...ALERT, details: [] }, 'details'],
  ['details nested a thousand deep', { ...ALERT, details: { deep: nested(1_000) } }, `details.deep${'[0]'.repeat(15)}`],
  ['a time of its own', { ...ALERT, created_at: '2020-01-01T00:00:00Z' }, 'created_at'],
  ['an acknowledgement of its own', { ...ALERT, ack_at: null }, 'ack_at'],
])('an alert is refused with %s', async (_name, body, field) => {
  const refused = problemOf(await admin.post('/api/senate/alerts', body));
  expect([refused.status, refused.errors?.map((error) => error.field)]).toEqual([400, [field]]);
});

test.each([
  ['/api/senate/pauses?limit=0', 'limit'],
  ['/api/senate/pauses?limit=1e9', 'limit'],
  ['/api/senate/pauses?limit=-1', 'limit'],
  ['/api/senate/pauses?limit=NaN', 'limit'],
  ['/api/senate/pauses?limit=', 'limit'],
  ['/api/senate/pauses?history=maybe', 'history'],
  ['/api/senate/pauses?scope_kind=x', 'scope_kind'],
  ['/api/senate/pauses?x=1', 'x'],
  ['/api/senate/pauses?scope_kind=agent&scope_kind=skill', 'scope_kind'],
  ['/api/senate/pauses?cursor=%00', 'cursor'],
  ['/api/senate/pauses/check?agent_id=', 'agent_id'],
  ['/api/senate/pauses/check?agent_id=a%00', 'agent_id'],
  ['/api/senate/pauses/check?agent=x', 'agent'],
  [`/api/senate/pauses/check?skill=${'x'.repeat(201)}`, 'skill'],
  ['/api/senate/alerts?severity=fatal', 'severity'],
  ['/api/senate/events?from=3', 'from'],
])('GET %s is refused', async (path, field) => {
  const refused = problemOf(await admin.get(path));
  expect([refused.status, refused.errors?.map((error) => error.field)]).toEqual([400, [field]]);
});

test.each(['abc', '0', '-1', '1.5', '1e3', '%00', '99999999999999999999', '1;drop table tasks'])(
  'POST /api/senate/alerts/%s/ack is refused',
  async (id) => {
    expect(problemOf(await admin.post(`/api/senate/alerts/${encodeURIComponent(id)}/ack`)).errors?.[0]?.field).toBe(
      'id',
    );
  },
);

test('two hundred 4-byte characters are a name, also of one word in another script', async () => {
  const value = '𝄞'.repeat(200);
  const answer = await admin.post<{ dry_run: boolean; scope_value: string }>('/api/senate/pause?dry_run=1', {
    ...PAUSE,
    scope_value: value,
    ttl_seconds: TEN_YEARS,
  });
  expect(answer).toMatchObject({ status: 200, body: { dry_run: true, scope_value: value } });
});

test('a field of an acknowledgement is refused; so is a body that is too long, or no JSON', async () => {
  expect(problemOf(await admin.post('/api/senate/alerts/1/ack', { by: 'me' })).errors?.[0]?.field).toBe('by');
  expect(problemOf(await admin.post('/api/senate/pause', { ...PAUSE, reason: 'x'.repeat(300_000) }))).toMatchObject({
    status: 413,
    code: 'body_too_large',
  });
  expect(problemOf(await admin.post('/api/senate/pause', '{'))).toMatchObject({ status: 400, code: 'malformed_json' });
  expect(problemOf(await admin.post('/api/senate/pause', '{}', { 'content-type': 'text/plain' }))).toMatchObject({
    status: 415,
  });
});
