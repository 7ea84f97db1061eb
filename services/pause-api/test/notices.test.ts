import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTargets, type NoticeTarget } from '@orchestra/notices';
import { notices, pauseView, type Notices } from '@orchestra/pause-core/contract';
import type { RunningService } from '@orchestra/service-shell';
import { testDatabase, until } from '@orchestra/testkit';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { caller, newToken, problemOf, startPauseApi, type Caller } from './started.ts';

const database = testDatabase();
const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const ROUTING_KEY = 'k'.repeat(32);
let token: string;
let viewer: string;
let services: RunningService[];
let dana: Caller;
let receiver: Server;
let url: string;
let calls: { path: string; body: Record<string, unknown> }[];
let answers: (call: { path: string; body: Record<string, unknown> }, response: ServerResponse) => void;
let made = 0;

beforeAll(async () => {
  token = await newToken(database.pool, 'operator', 'dana');
  viewer = await newToken(database.pool, 'viewer');
});
beforeEach(async () => {
  calls = [];
  services = [];
  answers = (_call, response) => {
    response.statusCode = 202;
  };
  receiver = createServer((request, response) => {
    void request
      .setEncoding('utf8')
      .toArray()
      .then((parts) => {
        const call = { path: request.url ?? '', body: JSON.parse(parts.join('')) as Record<string, unknown> };
        answers(call, response);
        if (response.statusCode < 300) calls.push(call);
        if (!response.writableEnded && response.statusCode !== 299) response.end();
      });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
});
afterEach(async () => {
  receiver.closeAllConnections();
  await Promise.all(services.map((service) => service.stop()));
  await new Promise((resolve) => receiver.close(resolve));
  await database.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
});

/** The targets of a file, as an operator writes it. Each test has its own: a new target is told of nothing old. */
function targetsOf(...targets: Record<string, unknown>[]): NoticeTarget[] {
  const folder = mkdtempSync(join(tmpdir(), 'orchestra-notices-'));
  const path = join(folder, 'notices.json');
  made += 1;
  writeFileSync(
    path,
    JSON.stringify({
      targets: targets.map((target) => ({ allow_private: true, ...target, name: `${String(target['name'])}-${made}` })),
    }),
  );
  try {
    return readTargets(path, { ROUTING_KEY, SECRET });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function start(targets: NoticeTarget[]): Promise<RunningService> {
  const service = await startPauseApi(database.url, {
    notices: targets,
    noticeTimings: { wait: { noticeMs: () => 20, targetMs: () => 20 } },
  });
  services.push(service);
  dana = caller(service.url, token);
  await until(
    'the targets are known',
    async () =>
      (await database.pool.query('select from notice_targets where name = any ($1)', [targets.map(({ name }) => name)]))
        .rowCount === targets.length,
  );
  return service;
}

const told = (path: string): Record<string, unknown>[] =>
  calls.filter((call) => call.path === path).map(({ body }) => body);
const hook = () => ({ name: 'hook', kind: 'standard', url: `${url}/hook`, secret: 'env:SECRET' });

test('a pause is told to a hook, a chat and a pager: there it is one incident, resolved when it is cleared', async () => {
  await start(
    targetsOf(
      hook(),
      { name: 'chat', kind: 'slack', url: `${url}/chat` },
      { name: 'pager', kind: 'pagerduty', url: `${url}/pager`, routing_key: 'env:ROUTING_KEY' },
    ),
  );
  const { id } = await dana.pause('agent', 'skeptic', { reason: 'runaway <loop>' });
  await dana.post('/api/senate/unpause', { id });
  await until('the hook has been told', () => told('/hook').some((body) => body['type'] === 'orchestra.pause.cleared'));
  await until('the pager has been told', () => told('/pager').length === 2);
  await until('the chat has been told', () =>
    told('/chat').some(({ text }) => String(text).includes('no longer paused')),
  );
  expect(told('/pager')).toMatchObject([
    { event_action: 'trigger', dedup_key: `orchestra-pause-${id}`, routing_key: ROUTING_KEY },
    { event_action: 'resolve', dedup_key: `orchestra-pause-${id}` },
  ]);
  expect(told('/chat')[0]).toMatchObject({
    text: 'agent skeptic paused by dana until it is cleared: “runaway &lt;loop&gt;”',
  });
});

test('a receiver that does not answer delays no pause and no other target', async () => {
  answers = ({ path }, response) => {
    response.statusCode = path === '/slow' ? 299 : 202;
  }; // 299: taken, and never answered
  await start(targetsOf(hook(), { ...hook(), name: 'slow', url: `${url}/slow` }));
  for (const value of ['a', 'b', 'c']) await dana.pause('quest', value);
  await until('the slow one is in the middle of it', () => told('/slow').length > 0);
  await dana.pause('quest', 'd');
  const created = () =>
    told('/hook')
      .filter((body) => body['type'] === 'orchestra.pause.created')
      .map(({ data }) => (data as { scope_value: string }).scope_value);
  await until('the other has been told', () => created().length === 4);
  expect(created().toSorted()).toEqual(['a', 'b', 'c', 'd']);
});

test('two instances and a restart in the middle, with a receiver that fails now and then: no event is missing, each pause in order', async () => {
  let turn = 0;
  answers = (_call, response) => {
    response.statusCode = turn++ % 3 === 0 ? 503 : 202;
  };
  const targets = targetsOf(hook());
  const first = await start(targets);
  await start(targets);
  const values = Array.from({ length: 20 }, (_, n) => `v${n}`);
  for (const value of values.slice(0, 10)) await dana.pause('skill', value);
  await first.stop();
  services = services.filter((service) => service !== first);
  for (const value of values.slice(10)) await dana.pause('skill', value);
  await start(targets);
  for (const value of values) await dana.post('/api/senate/unpause', { scope_kind: 'skill', scope_value: value });
  // Of these pauses: the end of those of an earlier test may come to be told only now. And at least once: what an
  // instance had sent and not yet noted when it stopped is sent again, under the same id.
  const changes = (): Record<string, unknown>[] => {
    const ours = told('/hook').filter(
      (body) => body['type'] !== 'orchestra.pause.quiet' && values.includes(pauseView.parse(body['data']).scope_value),
    );
    return ours.filter((body, index) => ours.findIndex((other) => other['id'] === body['id']) === index);
  };
  await until('all has been told', () => changes().length >= 40, 60_000);
  expect(changes()).toHaveLength(40);
  for (const bodies of Map.groupBy(changes(), (body) => body['subject']).values()) {
    expect(bodies.map((body) => body['type'])).toEqual(['orchestra.pause.created', 'orchestra.pause.cleared']);
  }
}, 90_000);

test('how the sending stands is told to operators, without secrets; a target that is gone is switched on again', async () => {
  answers = (_call, response) => {
    response.statusCode = 410;
  };
  const targets = targetsOf(
    { ...hook(), url: `${url}/hook?key=geheim` },
    { name: 'chat', kind: 'slack', url: `${url}/geheim/geheim`, events: ['alert.*'] },
  );
  const service = await start(targets);
  await dana.pause('agent', 'x');
  const state = async () => (await dana.get<Notices>('/api/senate/notices')).body.targets;
  await until('it is switched off', async () => (await state())[0]?.gone_at);
  const [one, chat] = notices.parse({ targets: await state() }).targets;
  expect(one).toMatchObject({
    name: `hook-${made}`,
    kind: 'standard',
    url: `${url}/hook?…`,
    delivered: 0,
    last_failure: '410',
  });
  expect(one?.backlog).toBeGreaterThan(0);
  await until('the other target has been told of it', async () => (await state())[1]?.gone_at);
  expect(chat).toMatchObject({ url: `${url}/…`, events: ['alert.created', 'alert.acknowledged', 'alert.resolved'] });
  expect(JSON.stringify(await state())).not.toMatch(/geheim|whsec/);
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  expect(metrics).toContain(`orchestra_notice_target_gone{target="hook-${made}",service="pause-api"} 1`);
  expect(metrics).toMatch(new RegExp(`orchestra_notice_backlog\\{target="hook-${made}",service="pause-api"\\} [1-9]`));

  answers = (_call, response) => {
    response.statusCode = 202;
  };
  expect((await dana.post('/api/senate/notices/resume', { target: `hook-${made}` })).body).toMatchObject({
    name: `hook-${made}`,
    gone_at: null,
  });
  await until('what waited has been sent', () =>
    told('/hook?key=geheim').some((body) => body['type'] === 'orchestra.pause.created'),
  );
  expect(problemOf(await dana.post('/api/senate/notices/resume', { target: 'nobody' }))).toMatchObject({
    code: 'notice_target_not_found',
    status: 404,
  });
  expect(problemOf(await caller(service.url, viewer).get('/api/senate/notices'))).toMatchObject({ code: 'forbidden' });
});

test('an address in this network is refused, and says so, unless the file allows it', async () => {
  await start(targetsOf({ ...hook(), allow_private: false }));
  await dana.pause('agent', 'y');
  const failure = await until(
    'the refusal',
    async () => (await dana.get<Notices>('/api/senate/notices')).body.targets[0]?.last_failure,
  );
  expect(failure).toContain('not in the public internet');
  expect(calls).toEqual([]);
});

test('nothing is configured: nothing is sent, nothing is kept', async () => {
  const service = await startPauseApi(database.url);
  services.push(service);
  dana = caller(service.url, token);
  expect((await dana.get('/api/senate/notices')).body).toEqual({ targets: [] });
  expect(readConfig({ DATABASE_URL: 'postgres://x/y' }).notices).toEqual([]);
});

test('a file that is wrong keeps the service from starting, with every problem', () => {
  expect(() => readConfig({ DATABASE_URL: 'postgres://x/y', ORCHESTRA_NOTICES: '/nowhere/notices.yaml' })).toThrow(
    /ORCHESTRA_NOTICES: \/nowhere\/notices.yaml cannot be read/,
  );
});

test('an alert of Alertmanager opens an incident, and its end ends it: without a person, and for a target that asked for the opening alone', async () => {
  await start(
    targetsOf({
      name: 'pager',
      kind: 'pagerduty',
      url: `${url}/pager`,
      routing_key: 'env:ROUTING_KEY',
      events: ['alert.created'],
    }),
  );
  const source = caller(services[0]?.url ?? '', await newToken(database.pool, 'source', 'prometheus'));
  const notification = (status: string, actors: string[], version = '4') =>
    source.post('/api/senate/alerts/alertmanager', {
      version,
      status,
      alerts: actors.map((actor) => ({
        status,
        labels: { alertname: 'Loop', actor, severity: 'critical' },
        annotations: {},
        startsAt: '2026-11-21T02:00:00Z',
        fingerprint: `f-${actor}`,
      })),
    });
  expect((await notification('firing', ['over', 'on'])).body).toEqual({
    accepted: 2,
    duplicates: 0,
    resolved: 0,
    ignored: 0,
  });
  await until('both incidents', () => told('/pager').length === 2);
  expect((await notification('resolved', ['over', 'never fired'])).body).toEqual({
    accepted: 0,
    duplicates: 0,
    resolved: 1,
    ignored: 1,
  });
  // The same of another system is another alert.
  expect((await notification('resolved', ['on'], '1')).body).toMatchObject({ resolved: 0, ignored: 1 });
  await until('the end of one', () => told('/pager').length === 3);
  expect((await notification('resolved', ['over'])).body).toEqual({
    accepted: 0,
    duplicates: 0,
    resolved: 0,
    ignored: 1,
  });
  const [opened, , ended] = told('/pager');
  const {
    rows: [alert],
  } = await database.pool.query(
    "select id::text as id, source_resolved_at is not null as over, ack_at from senate_alerts where ref_id = 'over'",
  );
  expect(alert).toMatchObject({ over: true, ack_at: null });
  expect([...told('/pager')].filter(({ dedup_key: key }) => key === `orchestra-alert-${alert.id}`)).toMatchObject([
    { event_action: 'trigger' },
    { event_action: 'resolve' },
  ]);
  expect(opened).toMatchObject({ event_action: 'trigger' });
  expect(ended).toEqual({
    routing_key: ROUTING_KEY,
    event_action: 'resolve',
    dedup_key: `orchestra-alert-${alert.id}`,
  });
  const list = await dana.get('/api/senate/alerts?ref_id=over');
  expect(list.body).toMatchObject({ alerts: [{ resolved_at: expect.stringMatching(/^2/), ack_at: null }] });
  expect((await database.pool.query("select by from senate_audit where action = 'alert.resolved'")).rows).toEqual([
    { by: 'prometheus' },
  ]);
});
