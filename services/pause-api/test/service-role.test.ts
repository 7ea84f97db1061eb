// The services under a role that does not own the tables, with the grants of docs/operations.md and no other.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DELETED_FROM, makePool, retentionGrant, serviceGrants, type Database } from '@orchestra/database';
import {
  forgetTargets,
  registerTarget,
  resumeTarget,
  sendRound,
  targetStates,
  type NoticeTarget,
} from '@orchestra/notices';
import {
  checkAutoPause,
  closeExpiredPauses,
  forgetOldKeys,
  sequenceEvents,
  stayPauses,
  warnOfEnds,
} from '@orchestra/pause-core';
import { SENATE_EVENT_TYPES, type PauseReceipt } from '@orchestra/pause-core/contract';
import {
  advanceHorizon,
  announceQuiet,
  claimTasks,
  deferPaused,
  dropEmptyLanes,
  finishRuns,
  enqueueTasks,
  forgetOldSightings,
  deleteOldTasks,
  freezeRepo,
  healQueued,
  heartbeat,
  admitDueTasks,
  advanceProbes,
  recordWorkerPolls,
  parkTask,
  advanceLaneHeads,
  raiseRunawayAlerts,
  reapRuns,
  reportPreflight,
  thawRepo,
  unparkTask,
} from '@orchestra/task-queue';
import { newTask } from '@orchestra/task-queue/contract';
import { testDatabase } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { caller, newToken, startPauseApi } from './started.ts';

vi.setConfig({ testTimeout: 120_000 });

const ROOT = join(import.meta.dirname, '../../..');
const ROLE = `orchestra_test_services_${process.pid}`;
const database = testDatabase();
let db: Database;
let url: string;

beforeAll(async () => {
  await database.pool.query(`create role ${ROLE} login password 'services'`);
  for (const grant of [...serviceGrants(ROLE), retentionGrant(ROLE)]) await database.pool.query(grant);
  const address = new URL(database.url);
  address.username = ROLE;
  address.password = 'services';
  url = address.href;
  db = makePool({ connectionString: url, applicationName: 'test services' });
});
afterAll(async () => {
  await db.end();
  await database.pool.query(`drop owned by ${ROLE}`);
  await database.pool.query(`drop role ${ROLE}`);
});

test('docs/operations.md prints the list of grants', () => {
  const operations = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
  const [block] = [...operations.matchAll(/```sql\n(create role orchestra_services[^]*?)```/g)].map(
    (match) => match[1] ?? '',
  );
  const statements = (block ?? '')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => /^(grant|revoke)/.test(statement));
  expect(statements).toEqual(serviceGrants('orchestra_services'));
  expect(operations).toContain(`\`${retentionGrant('orchestra_services')}\``);
});

test('the list lets the services delete from each table that a statement of theirs deletes from, and from no other', () => {
  const sources = globSync('{packages/{database,notices,pause-core,task-queue},services/*}/src/**/*.ts', {
    cwd: ROOT,
  }).filter((file) => !file.endsWith('.test.ts'));
  const tables = sources.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/delete from (\w+)/g)].map((match) => match[1] ?? ''),
  );
  // by functions, which need the right to do so
  const BY_FUNCTION = {
    'forget_events(': 'task_events',
    'drop_empty_lanes(': 'task_lanes',
    'sum_up_totals(': 'task_totals',
  };
  for (const [call, table] of Object.entries(BY_FUNCTION))
    if (sources.some((file) => readFileSync(join(ROOT, file), 'utf8').includes(call))) tables.push(table);
  expect([...new Set(tables)].toSorted()).toEqual([...DELETED_FROM].toSorted());
});

test('pauses, alerts and tokens work under that role', async () => {
  const service = await startPauseApi(url);
  try {
    const dana = caller(service.url, await newToken(db, 'operator'));
    const receipt = await dana.pause('agent', 'skeptic', { ttl_seconds: 600 });
    expect(receipt).toMatchObject({ settled: true, not_read: null, in_flight_count: 0 });
    expect((await dana.post<PauseReceipt>('/api/senate/extend', { id: receipt.id, ttl_seconds: 900 })).status).toBe(
      200,
    );
    const alert = await dana.post<{ id: string }>(
      '/api/senate/alerts',
      { kind: 'k', ref_id: 'acct', severity: 'critical' },
      { 'idempotency-key': 'role-1' },
    );
    expect([alert.status, (await dana.post(`/api/senate/alerts/${alert.body.id}/ack`)).status]).toEqual([200, 200]);
    for (let n = 0; n < 3; n++)
      await dana.post('/api/senate/alerts', { kind: 'k', ref_id: 'acct-7', severity: 'critical' });
    expect(await checkAutoPause(db, 'acct-7')).toMatchObject({ actor: 'acct-7' });
    expect((await dana.post('/api/senate/unpause', { scope_kind: 'agent', scope_value: 'skeptic' })).status).toBe(200);
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
  } finally {
    await service.stop();
  }
});

test('every loop of pause-api works under that role', async () => {
  for (const round of [
    sequenceEvents,
    closeExpiredPauses,
    stayPauses,
    warnOfEnds,
    announceQuiet,
    advanceProbes,
    forgetOldKeys,
    raiseRunawayAlerts,
  ])
    await expect(round(db)).resolves.toBeDefined();
});

test('tasks are added, claimed, kept alive and ended under that role, and what looks after them works', async () => {
  await enqueueTasks(
    db,
    [{ agent_id: 'a', repo: 'r' }, { agent_id: 'b' }, { agent_id: 'c' }].map((task) => newTask.parse(task)),
    'test',
    { principal: 'p', key: 'k', request: 1 },
  );
  const claimed = await claimTasks(db, { worker: 'w', limit: 2 });
  const [first, second] = claimed;
  if (first === undefined || second === undefined)
    throw new Error(`two tasks were there to be claimed, not ${claimed.length}`);
  await heartbeat(db, first.id, first.run_id, 'some output');
  await parkTask(db, second.id, { name: 'dana' }, 'a test');
  await unparkTask(db, second.id, { name: 'dana' });
  await freezeRepo(db, 'r', 'dana', 'a test');
  await thawRepo(db, 'r', 'dana');
  const endings = await finishRuns(db, [
    { as: 'completed', id: first.id, run_id: first.run_id },
    { as: 'held', id: second.id, run_id: second.run_id, says: 'no disk' },
  ]);
  expect(endings.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted']);
  await recordWorkerPolls(db, [
    { worker: 'w', wants: 'x', host: null, agents: ['gone'], skills: null, agoSeconds: 200_000 },
  ]);
  expect(await forgetOldSightings(db)).toBe(1);
  await reportPreflight(db, {
    runner: 'staging',
    worker: 'w',
    outcome: 'environment',
    exec_host_side: true,
    says: 'x',
    fix: 'y',
    checks: [],
  });
  await advanceHorizon(db, null);
  for (const round of [admitDueTasks, deferPaused, healQueued]) await round(db);
  await advanceLaneHeads(db, 100);
  await reapRuns(db, 90);
  await database.pool.query('analyze task_lanes');
  expect(await dropEmptyLanes(db)).toBeGreaterThan(0);
});

test('old tasks are deleted under that role', async () => {
  const {
    rows: [old],
  } = await database.pool.query<{ id: string }>("insert into tasks (skill) values ('old') returning id");
  await database.pool.query("update tasks set status = 'succeeded' where id = $1", [old?.id]);
  await database.pool.query(
    "insert into task_events (task_id, kind, by, at) values ($1, 'completed', 'x', now() - interval '9 days')",
    [old?.id],
  );
  expect(await deleteOldTasks(db, 1)).toMatchObject({ tasks: 1 });
});

test('notices are taken, sent and given up under that role', async () => {
  const target: NoticeTarget = {
    name: 'hook',
    kind: 'standard',
    url: new URL('http://127.0.0.1:9/'),
    keys: [Buffer.alloc(32, 3)],
    routingKey: undefined,
    types: new Set(SENATE_EVENT_TYPES),
    scopes: [],
    minSeverity: 'low',
    allowPrivate: true,
  };
  await registerTarget(db, target);
  await database.pool.query("insert into senate_pause (scope_kind, scope_value) values ('agent', 'noticed')");
  while ((await sequenceEvents(db)) > 0);
  const failures: string[] = [];
  await sendRound({
    db,
    target,
    signal: new AbortController().signal,
    reports: {
      delivered: () => {},
      failed: (_name, _held, why) => failures.push(why),
      givenUp: () => {},
      gone: () => {},
    },
  });
  expect(failures).not.toEqual([]);
  expect(await resumeTarget(db, { name: 'hook', by: 'dana' })).toMatchObject({ name: 'hook', restingUntil: null });
  await database.pool.query("update notice_targets set seen_at = now() - interval '1 year'");
  expect(await forgetTargets(db)).toEqual(['hook']);
  expect(await targetStates(db, ['hook'])).toEqual([]);
});
