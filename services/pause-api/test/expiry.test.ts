import { ALERTMANAGER_LABELS } from '@orchestra/pause-core';
import {
  activePauses,
  alertmanagerAnswer,
  pauseView,
  type ActivePauses,
  type Alerts,
  type PauseView,
} from '@orchestra/pause-core/contract';
import type { RunningService } from '@orchestra/service-shell';
import { claimTasks, completeRun, enqueueTasks } from '@orchestra/task-queue';
import { testDatabase, until } from '@orchestra/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { caller, newToken, problemOf, startPauseApi, type Caller } from './started.ts';

const database = testDatabase();
// Two of them: whatever a sweeper does is done once.
let services: RunningService[];
let dana: Caller;
let source: Caller;

beforeAll(async () => {
  services = await Promise.all([startPauseApi(database.url), startPauseApi(database.url)]);
  dana = caller(services[0]?.url ?? '', await newToken(database.pool, 'operator', 'dana'));
  source = caller(services[1]?.url ?? '', await newToken(database.pool, 'source', 'prometheus'));
});
afterAll(() => Promise.all(services.map((service) => service.stop())));
beforeEach(async () => {
  await database.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  await database.pool.query('truncate senate_alerts');
});

async function eventsOf(id: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ type: string }>(
    `select type from senate_events
      where data ->> 'id' = $1
        and type like 'pause.%'
        and type not in ('pause.created', 'pause.changed', 'pause.quiet')
      order by id`,
    [id],
  );
  return rows.map((row) => row.type);
}

const active = async (id: string) =>
  (await dana.get<ActivePauses>('/api/senate/pauses')).body.pauses.find((pause) => pause.id === id);
const alertsOf = async () => (await dana.get<Alerts>('/api/senate/alerts')).body.alerts;

describe('the sweeper', () => {
  test('a pause that stays is told, listed as such, and alerted once, by however many services', async () => {
    const { id } = await dana.pause('actor', 'acct-stay', { ttl_seconds: 1, then: 'stay' });
    await until('the mark', async () => typeof (await active(id))?.stayed_at === 'string');
    expect(activePauses.parse((await dana.get('/api/senate/pauses')).body).pauses).toMatchObject([
      { id, remaining_seconds: 0 },
    ]);
    expect((await dana.get('/api/senate/pauses/check?actor_id=acct-stay')).body).toMatchObject({
      paused: true,
      pause: { id },
    });
    expect((await dana.get('/api/senate/pauses/active?max_age_ms=0')).body).toMatchObject({
      pauses: [{ id, remaining_seconds: null }],
    });
    expect(await alertsOf()).toMatchObject([
      { kind: 'pause_needs_person', ref_id: 'acct-stay', severity: 'high', details: { pause_id: id } },
    ]);
    expect((await eventsOf(id)).filter((type) => type !== 'pause.warning')).toEqual(['pause.stayed']);
    await dana.post('/api/senate/unpause', { id });
    expect(await active(id)).toBeUndefined();
  });

  test('it wakes for a warning and for the end, without being told of either', async () => {
    // Of its twenty seconds seventeen have gone by when it is made; a second later it warns, and two more later it
    // ends.
    const {
      rows: [row],
    } = await database.pool.query<{ id: string }>(
      `insert into senate_pause (scope_kind, scope_value, paused_at, ttl_seconds)
         values ('skill', 'short', now() - interval '17 seconds', 20)
         returning id`,
    );
    const id = row?.id ?? '';
    await until('the end', async () => (await eventsOf(id)).includes('pause.expired'));
    expect(await eventsOf(id)).toEqual(['pause.warning', 'pause.expired']);
  });

  test('a probe is let through, and its run ends the pause', async () => {
    await enqueueTasks(
      database.pool,
      [{ agent_id: 'prober', priority: 0, payload: {}, max_attempts: 3, max_crashes: 3 }],
      'test',
    );
    const { id } = await dana.pause('agent', 'prober', { ttl_seconds: 1, then: 'probe' });
    await until('the choice', async () => typeof (await active(id))?.probe_task_id === 'string');
    const [run] = await claimTasks(database.pool, { worker: 'w', agents: ['prober'], limit: 5 });
    await completeRun(database.pool, run?.id ?? '', run?.run_id ?? '', null);
    await until('the end', async () => (await active(id)) === undefined);
    expect((await eventsOf(id)).filter((type) => type !== 'pause.warning')).toEqual(['pause.probing', 'pause.cleared']);
  });
});

describe('POST /api/senate/pause', () => {
  test.each([['stay'], ['probe']])('then: %s needs a time', async (then) => {
    const refused = problemOf(
      await dana.post('/api/senate/pause', { scope_kind: 'agent', scope_value: 'x', reason: 'r', then }),
    );
    expect(refused).toMatchObject({
      status: 400,
      code: 'invalid_request',
      errors: [{ field: 'then', message: expect.stringContaining('ttl_seconds') }],
    });
  });

  test('then is one of three', async () => {
    expect(
      problemOf(
        await dana.post('/api/senate/pause', {
          scope_kind: 'agent',
          scope_value: 'x',
          reason: 'r',
          ttl_seconds: 5,
          then: 'explode',
        }),
      ),
    ).toMatchObject({ errors: [{ field: 'then' }] });
  });
});

describe('POST /api/senate/extend', () => {
  test('gives another end, counted from now, and answers the pause', async () => {
    const { id, paused_at } = await dana.pause('agent', 'longer', { ttl_seconds: 60 });
    const { status, body } = await dana.post<PauseView>('/api/senate/extend', {
      id,
      ttl_seconds: 7_200,
      then: 'stay',
      reason: 'not mended yet',
    });
    expect(status).toBe(200);
    const extended = pauseView.parse(body);
    expect(extended).toMatchObject({ id, paused_at, then: 'stay' });
    expect(Date.parse(extended.expires_at ?? '') - Date.now()).toBeGreaterThan(7_190_000);
    const endless = await dana.post<PauseView>('/api/senate/extend', { id, ttl_seconds: null });
    expect(endless.body).toMatchObject({ expires_at: null, ttl_seconds: null });
  });

  test('one that has ended is refused, and the answer says what to do', async () => {
    const { id } = await dana.pause('agent', 'over', { ttl_seconds: 60 });
    await dana.post('/api/senate/unpause', { id });
    expect(problemOf(await dana.post('/api/senate/extend', { id, ttl_seconds: 60 }))).toMatchObject({
      status: 409,
      code: 'pause_not_active',
      detail: expect.stringMatching(/cleared by dana.*pause the scope anew/),
    });
    expect(problemOf(await dana.post('/api/senate/extend', { id: '999999999', ttl_seconds: 60 }))).toMatchObject({
      status: 404,
      code: 'pause_not_found',
    });
  });

  test.each<[string, unknown, string]>([
    ['no id', { ttl_seconds: 60 }, 'id'],
    ['no time', { id: '1' }, 'ttl_seconds'],
    ['a time of zero', { id: '1', ttl_seconds: 0 }, 'ttl_seconds'],
    ['stay without a time', { id: '1', ttl_seconds: null, then: 'stay' }, 'then'],
    ['who did it', { id: '1', ttl_seconds: 60, by: 'me' }, 'by'],
    ['a blank reason', { id: '1', ttl_seconds: 60, reason: ' ' }, 'reason'],
  ])('refuses %s, and names the field', async (_name, body, field) => {
    expect(problemOf(await dana.post('/api/senate/extend', body)).errors?.map((error) => error.field)).toEqual([field]);
  });

  test('a worker may not, nor a viewer, nor a source', async () => {
    for (const role of ['worker', 'viewer', 'source'] as const) {
      const one = caller(services[0]?.url ?? '', await newToken(database.pool, role));
      expect(problemOf(await one.post('/api/senate/extend', { id: '1', ttl_seconds: 60 }))).toMatchObject({
        status: 403,
      });
    }
  });
});

describe('POST /api/senate/alerts/alertmanager', () => {
  const alert = (
    actor: string | undefined,
    more: Record<string, unknown> = {},
    labels: Record<string, string> = {},
  ) => ({
    status: 'firing',
    labels: { alertname: 'RunawayLoop', severity: 'critical', ...(actor === undefined ? {} : { actor }), ...labels },
    annotations: { summary: 'too many calls' },
    startsAt: '2026-11-21T02:00:00.123456789Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus.example:9090/graph',
    fingerprint: `f-${actor ?? 'none'}`,
    ...more,
  });
  const notification = (alerts: unknown[], more: Record<string, unknown> = {}) => ({
    version: '4',
    groupKey: '{}:{alertname="RunawayLoop"}',
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'orchestra',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager.example:9093',
    alerts,
    ...more,
  });
  const send = async (body: unknown) =>
    alertmanagerAnswer.parse((await source.post('/api/senate/alerts/alertmanager', body)).body);

  test('firing alerts become alerts about their actors; a repetition of the group adds nothing', async () => {
    const group = notification([
      alert('acct-1'),
      alert('acct-2', {}, { severity: 'warning' }),
      alert('acct-3', { status: 'resolved' }),
      alert(undefined),
    ]);
    expect(await send(group)).toEqual({ accepted: 2, duplicates: 0, resolved: 0, ignored: 2 });
    expect(await send(group)).toEqual({ accepted: 0, duplicates: 2, resolved: 0, ignored: 2 });
    expect(await send(notification([...group.alerts, alert('acct-4')]))).toEqual({
      accepted: 1,
      duplicates: 2,
      resolved: 0,
      ignored: 2,
    });
    expect((await alertsOf()).toReversed()).toMatchObject([
      {
        kind: 'RunawayLoop',
        ref_id: 'acct-1',
        severity: 'critical',
        details: { source: 'alertmanager', receiver: 'orchestra', annotations: { summary: 'too many calls' } },
      },
      { ref_id: 'acct-2', severity: 'medium' },
      { ref_id: 'acct-4' },
    ]);
    const { rows } = await database.pool.query(
      "select distinct by from senate_audit where action = 'alert.created' and data ->> 'kind' = 'RunawayLoop'",
    );
    expect(rows).toEqual([{ by: 'prometheus' }]);
  });

  test('the same from two instances at once is one, and fired again it is another', async () => {
    const group = notification(Array.from({ length: 20 }, (_, n) => alert(`acct-${n}`)));
    const turned = notification(group.alerts.toReversed());
    const answers = await Promise.all([send(group), send(turned), send(group), send(turned)]);
    expect(answers.reduce((sum, answer) => sum + answer.accepted, 0)).toBe(20);
    expect(await send(notification([alert('acct-1', { startsAt: '2026-11-21T02:30:00Z' })]))).toEqual({
      accepted: 1,
      duplicates: 0,
      resolved: 0,
      ignored: 0,
    });
  });

  test.each<[string, unknown]>([
    ['another version', notification([], { version: '3' })],
    ['no version', { alerts: [] }],
    ['no alerts', { version: '4' }],
    ['an alert without a start', notification([{ ...alert('a'), startsAt: undefined }])],
    ['an alert with a start that is no instant', notification([alert('a', { startsAt: 'yesterday' })])],
    [
      'an alert with a start that the database does not know',
      notification([alert('a', { startsAt: '0001-01-01T00:00:00Z' })]),
    ],
    ['labels that are no text', notification([alert('a', { labels: { actor: 7 } })])],
    ['a status that does not exist', notification([alert('a', { status: 'maybe' })])],
    [
      'more alerts than are taken at once',
      notification(
        Array.from({ length: 1_001 }, () => ({ status: 'firing', labels: {}, startsAt: '2026-11-21T02:00:00Z' })),
      ),
    ],
    ['a list', []],
  ])('refuses %s, and writes nothing', async (_name, body) => {
    const refused = problemOf(await source.post('/api/senate/alerts/alertmanager', body));
    expect([refused.status, refused.code, (refused.errors?.length ?? 0) > 0]).toEqual([400, 'invalid_request', true]);
    expect(await alertsOf()).toEqual([]);
  });

  test('a source may, and a viewer may not', async () => {
    const viewer = caller(services[0]?.url ?? '', await newToken(database.pool, 'viewer'));
    expect(problemOf(await viewer.post('/api/senate/alerts/alertmanager', notification([])))).toMatchObject({
      status: 403,
    });
  });
});

test('which labels mean what is read from the settings, and nonsense is refused', () => {
  const env = { DATABASE_URL: 'postgres://localhost/x' };
  expect(readConfig(env).alertmanager).toEqual(ALERTMANAGER_LABELS);
  expect(
    readConfig({
      ...env,
      ORCHESTRA_ALERTMANAGER_ACTOR_LABEL: 'account',
      ORCHESTRA_ALERTMANAGER_SEVERITIES: 'page=critical, ticket = low',
    }).alertmanager,
  ).toMatchObject({ actorLabel: 'account', severities: { page: 'critical', ticket: 'low', warning: 'medium' } });
  for (const wrong of ['page', 'page=fatal', '=low', 'a=low=high']) {
    expect(() => readConfig({ ...env, ORCHESTRA_ALERTMANAGER_SEVERITIES: wrong })).toThrow(
      /ORCHESTRA_ALERTMANAGER_SEVERITIES must be pairs/,
    );
  }
});
