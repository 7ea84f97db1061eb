import {
  listActivePauses,
  listAlerts,
  listEndedPauses,
  listHistory,
  listTokens,
  toAlertView,
  toPauseView,
} from '@orchestra/pause-core';
import {
  alertView,
  historyEntry,
  label,
  pausePreview,
  pauseReceipt,
  pauseView,
  unpauseAnswer,
} from '@orchestra/pause-core/contract';
import { HOSTILE_STRINGS, testDatabase } from '@orchestra/testkit';
import { describe, expect, test } from 'vitest';
import { claimedTask, newTask, repoGateView, taskEventView, taskView, taskWhy } from '../src/contract/index.ts';
import {
  claimTasks,
  completeRun,
  dropEmptyLanes,
  enqueueTasks,
  explainTask,
  findTask,
  forgetOldSightings,
  freezeRepo,
  limitRepo,
  listTaskEvents,
  listTasks,
  recordWorkerPolls,
  pauseWithReceipt,
  previewPause,
  thawRepo,
  unknownLabels,
  unpauseWithAnswer,
  verifyClaims,
} from '../src/index.ts';

const db = testDatabase();

const sql = (text: string, values: unknown[] = []) => db.pool.query(text, values);
const CHECK = { code: '23514' };

describe('labels', () => {
  test('the tables and the API refuse the same labels', async () => {
    const cases = [
      ...HOSTILE_STRINGS.filter(({ storable }) => storable).map(({ text }) => text),
      ...[
        0x20, 0xa0, 0xad, 0x34f, 0x115f, 0x1680, 0x180e, 0x2000, 0x200a, 0x200b, 0x200c, 0x200d, 0x2028, 0x202f, 0x205f,
        0x2060, 0x2065, 0x206f, 0x3000, 0x3164, 0xfe0f, 0xfeff, 0xffa0,
      ].flatMap((point) => [
        `${String.fromCodePoint(point)}a`,
        `a${String.fromCodePoint(point)}`,
        `a${String.fromCodePoint(point)}b`,
        String.fromCodePoint(point),
      ]),
      '',
      ' ',
      'a b',
      'x'.repeat(201),
      'é'.repeat(200),
      'é'.repeat(201),
      '🦊'.repeat(200),
      `${'e\u0301'.repeat(200)}`,
    ];
    const { rows } = await sql(
      `select label_nfc(t) as kept, label_problem(label_nfc(t)) is null as taken
         from unnest($1::text[]) with ordinality u(t, n)
        order by n`,
      [cases],
    );
    expect(rows).toEqual(cases.map((text) => ({ kept: text.normalize('NFC'), taken: label.safeParse(text).success })));
  });

  test('a pause, a task and a gate typed into psql keep one spelling, and are refused with the column where the label is none', async () => {
    const {
      rows: [pause],
    } = await sql("insert into senate_pause (scope_kind, scope_value) values ('agent', $1) returning scope_value", [
      'Jose\u0301',
    ]);
    expect(pause).toEqual({ scope_value: 'Jos\u00e9' });
    const {
      rows: [task],
    } = await sql('insert into tasks (agent_id, repo) values ($1, $1) returning id, agent_id, repo', ['Jose\u0301']);
    expect(task).toMatchObject({ agent_id: 'Jos\u00e9', repo: 'Jos\u00e9' });
    expect(
      (await sql('select l.agent_id from task_lanes l join tasks t on t.lane_id = l.id where t.id = $1', [task.id]))
        .rows,
    ).toEqual([{ agent_id: 'Jos\u00e9' }]);
    expect(await claimTasks(db.pool, { worker: 'w', limit: 10 })).toEqual([]);
    for (const bad of [' x', 'x ', '\u00a0x', 'sk\u200beptic', '\ufeffx', 'a\u202eb', '', 'x'.repeat(201)]) {
      await expect(
        sql("insert into senate_pause (scope_kind, scope_value) values ('agent', $1)", [bad]),
      ).rejects.toMatchObject({ ...CHECK, column: 'scope_value' });
      await expect(
        sql('update senate_pause set scope_value = $1 where cleared_at is null', [bad]),
      ).rejects.toMatchObject(CHECK);
      await expect(sql('insert into tasks (skill) values ($1)', [bad])).rejects.toMatchObject({
        ...CHECK,
        column: 'skill',
      });
      await expect(sql('update tasks set quest_id = $1 where id = $2', [bad, task.id])).rejects.toMatchObject({
        ...CHECK,
        column: 'quest_id',
      });
      await expect(sql('insert into repo_gates (repo, frozen_at) values ($1, now())', [bad])).rejects.toMatchObject(
        CHECK,
      );
    }
    await sql('update senate_pause set cleared_at = now() where cleared_at is null');
  });

  test('a row from before goes on: it is claimed, ended, paused and cleared as it is', async () => {
    await sql('alter table tasks disable trigger tasks_begin_well_formed');
    const {
      rows: [old],
    } = await sql("insert into tasks (agent_id, payload, priority) values (' old', '[1, 2]', -5) returning id");
    await sql('alter table tasks enable trigger tasks_begin_well_formed');
    await sql('alter table senate_pause disable trigger senate_pause_well_formed');
    const {
      rows: [pause],
    } = await sql(
      "insert into senate_pause (scope_kind, scope_value, ttl_seconds) values ('agent', ' older', 60) returning id",
    );
    await sql('alter table senate_pause enable trigger senate_pause_well_formed');
    const [run] = await claimTasks(db.pool, { worker: 'w', limit: 1 });
    expect(run).toMatchObject({ id: old.id, agent_id: ' old', payload: [1, 2] });
    expect(claimedTask.safeParse(run).success).toBe(true);
    await completeRun(db.pool, old.id, run?.run_id ?? '', { done: true });
    expect((await findTask(db.pool, old.id))?.status).toBe('succeeded');
    expect(
      (await sql("update senate_pause set cleared_at = now(), cleared_by = 'dana' where id = $1", [pause.id])).rowCount,
    ).toBe(1);
  });
});

describe('instants', () => {
  const UNTELLABLE = ['infinity', '-infinity', '0044-03-15 BC', '10000-01-01Z', '294276-01-01Z'];

  test.each([
    ['tasks', 'created_at', 'insert into tasks (created_at) values ($1)'],
    ['tasks', 'next_eligible_at', 'insert into tasks (next_eligible_at) values ($1)'],
    ['tasks', 'created_at', 'update tasks set created_at = $1'],
    ['senate_pause', 'cleared_at', 'update senate_pause set cleared_at = $1'],
    [
      'senate_pause',
      'quiet_at',
      "insert into senate_pause (scope_kind, scope_value, quiet_at) values ('agent', 'q', $1)",
    ],
    [
      'api_tokens',
      undefined,
      "insert into api_tokens (name, role, token_sha256, created_by, expires_at) values ('t', 'viewer', " +
        "'\\x00', 'x', $1)",
    ],
    [
      'senate_audit',
      undefined,
      "insert into senate_audit (at, by, action, subject_kind, subject_id) values ($1, 'x', 'x', 'task', '1')",
    ],
    ['task_events', undefined, "insert into task_events (at, by, kind, task_id) values ($1, 'x', 'queued', 1)"],
    ['worker_sightings', undefined, "insert into worker_sightings (worker, wants, seen_at) values ('w', 'x', $1)"],
  ])('%s.%s: %s', async (_table, column, statement) => {
    for (const instant of UNTELLABLE) {
      // These say "never by itself".
      if (instant === 'infinity' && (column === 'next_eligible_at' || statement.includes('api_tokens'))) continue;
      await expect(sql(statement, [instant])).rejects.toMatchObject({
        ...CHECK,
        ...(column === undefined ? {} : { column }),
      });
    }
  });

  test('a task that is put off for ever, and a token that never ends, have what can be told', async () => {
    const {
      rows: [task],
    } = await sql("insert into tasks (skill, next_eligible_at) values ('never', 'infinity') returning id");
    expect(await findTask(db.pool, task.id)).toMatchObject({ next_eligible_at: '9999-12-31T23:59:59.999Z' });
    expect(taskWhy.parse(await explainTask(db.pool, task.id))).toMatchObject({ can_start_now: false });
    await sql(
      "insert into api_tokens (name, role, token_sha256, created_by, expires_at) values ('forever', " +
        "'viewer', '\\x01', 'x', 'infinity')",
    );
    expect((await listTokens(db.pool)).find(({ name }) => name === 'forever')).toMatchObject({ expiresAt: null });
  });

  test('in a table that may be another system’s the row is shown as such, and the others beside it', async () => {
    await sql("insert into senate_alerts (kind, ref_id, severity, created_at) values ('before', 'a', 'low', now())");
    for (const instant of UNTELLABLE)
      await sql(
        `insert into senate_alerts (kind, ref_id, severity, created_at, ack_at)
           values ('odd', 'a', 'critical', $1, null)`,
        [instant],
      );
    const views = (await listAlerts(db.pool, { limit: 50 })).map(toAlertView);
    expect(views.map((view) => alertView.safeParse(view).success)).toEqual(views.map(() => true));
    expect(views.filter(({ kind }) => kind === 'before')).toMatchObject([{ created_at: expect.stringMatching(/^2/) }]);
    expect(views.find(({ unreadable }) => unreadable?.[0] === 'created_at is infinity')).toMatchObject({
      kind: 'odd',
      created_at: null,
    });
  });
});

test('P7 pauses of one scope in one microsecond are rows of their own', async () => {
  const { rows } = await sql(
    `insert into senate_pause (scope_kind, scope_value, reason, paused_at) select 'skill', 'twice', 'incident ' || n,
       now()
       from generate_series(1, 3) n
       returning id`,
  );
  expect(new Set(rows.map(({ id }) => id)).size).toBe(3);
  expect((await listActivePauses(db.pool, { kind: 'skill', value: 'twice' })).length).toBe(3);
});

test('what JSON says is kept and told exactly', async () => {
  const payload = JSON.parse('{"__proto__":1,"text":"12","b":{"2":1,"1":2}}') as Record<string, unknown>;
  const [id = ''] = await enqueueTasks(db.pool, [newTask.parse({ agent_id: 'exact', payload })], 'dana');
  await sql(
    `update tasks set payload = payload || '{"id": 1970670598291982290, "d": 0.1234567890123456789, "e": 1e400}',
       priority = -9
       where id = $1`,
    [id],
  );
  const text = async (): Promise<string> => JSON.stringify((await findTask(db.pool, id))?.payload);
  expect(await text()).toContain('"id":1970670598291982290');
  const [run] = await claimTasks(db.pool, { worker: 'w', limit: 1, agents: ['exact'] });
  for (const told of [await text(), JSON.stringify(run?.payload)]) {
    for (const part of [
      '"id":1970670598291982290',
      '"d":0.1234567890123456789',
      `"e":1${'0'.repeat(400)}`,
      '"__proto__":1',
      '"text":"12"',
    ])
      expect(told).toContain(part);
  }
  // A text is a text, also where it looks like a number or like JSON.
  await completeRun(db.pool, id, run?.run_id ?? '', '1970670598291982290');
  expect((await findTask(db.pool, id))?.result).toBe('1970670598291982290');
});

test('a value nested deeper than JSON can be written is told as a text, and hides no other task', async () => {
  const {
    rows: [deep],
  } = await sql(
    `insert into tasks (agent_id, payload)
       values ('deep', jsonb_build_object('x', (repeat('[', 5000) || repeat(']', 5000))::jsonb))
       returning id`,
  );
  const listed = await listTasks(db.pool, { limit: 200 });
  expect(JSON.stringify(listed.find(({ id }) => id === deep.id)?.payload)).toContain('nested deeper');
});

test('a row that was written by hand hides no other in any list', async () => {
  const guid = '11111111-1111-1111-1111-111111111111';
  const {
    rows: [odd],
  } = await sql(
    `insert into tasks (agent_id, status, run_id, started_at, heartbeat_at, attempt, worker_id)
       values ('hand', 'running', $1, now(), now(), 1, 'psql')
       returning id`,
    [guid],
  );
  await sql(
    `insert into task_events (task_id, kind, by, data)
       values ($1, 'claimed', 'psql', jsonb_build_object('snapshot', pg_current_snapshot()::text))`,
    [odd.id],
  );
  await sql(
    "insert into senate_audit (by, action, subject_kind, subject_id, data) values ('psql', 'pause.note', " +
      "'pause', '1', '{\"scope_kind\": \"planet\"}')",
  );
  expect((await listTasks(db.pool, { limit: 200 })).filter((task) => !taskView.safeParse(task).success)).toEqual([]);
  expect(
    (await listTaskEvents(db.pool, odd.id, { limit: 10 })).filter((event) => !taskEventView.safeParse(event).success),
  ).toEqual([]);
  expect(
    (await listHistory(db.pool, { limit: 200 })).filter((entry) => !historyEntry.safeParse(entry).success),
  ).toEqual([]);
  expect(
    (await listEndedPauses(db.pool, { limit: 200 }))
      .map(toPauseView)
      .filter((pause) => !pauseView.safeParse(pause).success),
  ).toEqual([]);
  const receipt = await pauseWithReceipt(db.pool, {
    scope: { kind: 'agent', value: 'hand' },
    reason: 'r',
    ttlSeconds: null,
    by: 'dana',
    source: 'person',
  });
  expect(pauseReceipt.parse(receipt)).toMatchObject({ in_flight: [{ run_id: guid }] });
  expect((await completeRun(db.pool, odd.id, guid, null)).status).toBe('succeeded');
});

test('P1 a claim without a run that took a paused task is a violation, and no error', async () => {
  const {
    rows: [task],
  } = await sql("insert into tasks (agent_id) values ('hand') returning id");
  await sql(
    `insert into task_events (task_id, kind, by, data)
       values ($1, 'claimed', 'psql', jsonb_build_object('snapshot', pg_current_snapshot()::text))`,
    [task.id],
  );
  const { violations } = await verifyClaims(db.pool, { limit: 1_000 });
  expect(violations).toMatchObject([{ task_id: task.id, run_id: null, worker: 'psql' }]);
});

describe('a pause on a label that nothing has ever carried says so', () => {
  const pause = (value: string, kind: 'agent' | 'skill' | 'quest' = 'agent') =>
    pauseWithReceipt(db.pool, { scope: { kind, value }, reason: 'r', ttlSeconds: 1, by: 'dana', source: 'person' });

  test('and names what comes near it, with what waits there', async () => {
    await enqueueTasks(
      db.pool,
      [newTask.parse({ agent_id: 'Navigator-7' }), newTask.parse({ agent_id: 'Navigator-7' })],
      'dana',
    );
    expect(await pause('navigator_7')).toMatchObject({
      label_known: false,
      near_labels: [{ scope_value: 'Navigator-7', queued: 2, queued_more: false, in_flight_count: 0 }],
    });
    expect(await pause('navigator_7')).toMatchObject({ label_known: true, near_labels: [] });
    expect(await pause('Navigator-7')).toMatchObject({ label_known: true });
    expect(await pause('Navigator-7', 'skill')).toMatchObject({ label_known: false, near_labels: [] });
    expect(pausePreview.parse(await previewPause(db.pool, { kind: 'agent', value: 'Navigatr-7' }))).toMatchObject({
      label_known: false,
      near_labels: [{ scope_value: 'Navigator-7' }, { scope_value: 'navigator_7' }],
    });
  });

  test('and so does the clearing of a scope that is not paused, and a check', async () => {
    await enqueueTasks(db.pool, [newTask.parse({ quest_id: 'Apollo-11' })], 'dana');
    const unpause = (value: string) => unpauseWithAnswer(db.pool, { target: { kind: 'quest', value }, by: 'dana' });
    expect(unpauseAnswer.parse(await unpause('apollo 11'))).toMatchObject({
      cleared: [],
      label_known: false,
      near_labels: [{ scope_value: 'Apollo-11', queued: 1 }],
    });
    expect(await unpause('Apollo-11')).toEqual({ cleared: [], still_paused: [] });
    expect(await unknownLabels(db.pool, { questId: 'Apolo-11', agentId: null })).toMatchObject([
      { scope_kind: 'quest', scope_value: 'Apolo-11', near_labels: [{ scope_value: 'Apollo-11' }] },
    ]);
    expect(await unknownLabels(db.pool, { questId: 'Apollo-11' })).toEqual([]);
    await pauseWithReceipt(db.pool, {
      scope: { kind: 'quest', value: 'Moli\u00e8re' },
      reason: 'r',
      ttlSeconds: null,
      by: 'dana',
      source: 'person',
    });
    expect(await unpause('Molie\u0300re')).toMatchObject({
      cleared: [{ scope_value: 'Moli\u00e8re' }],
      still_paused: [],
    });
    // What was paused once is known.
    expect(await unpause('Moli\u00e8re')).toEqual({ cleared: [], still_paused: [] });
  });

  test('and so does the freezing, the limiting and the thawing of a repo that nobody has named', async () => {
    await enqueueTasks(db.pool, [newTask.parse({ repo: 'github.com/acme/Shop' })], 'dana');
    expect(repoGateView.parse(await freezeRepo(db.pool, 'github.com/acme/shop', 'dana', 'r'))).toMatchObject({
      repo_known: false,
      near_repos: ['github.com/acme/Shop'],
    });
    expect(await freezeRepo(db.pool, 'github.com/acme/Shop', 'dana', 'r')).not.toHaveProperty('repo_known');
    expect(await limitRepo(db.pool, 'nowhere-near', 'dana', 2)).toMatchObject({ repo_known: false, near_repos: [] });
    await expect(thawRepo(db.pool, 'github.com/acme/shpo', 'dana')).rejects.toMatchObject({
      code: 'repo_not_found',
      message: expect.stringMatching(/; near it: github\.com\/acme\/[Ss]hop/),
    });
  });

  test('a label stays known when its tasks have ended and its lane is dropped, and when its worker is forgotten', async () => {
    const [id = ''] = await enqueueTasks(db.pool, [newTask.parse({ quest_id: 'q-done', priority: -20 })], 'dana');
    const [run] = await claimTasks(db.pool, { worker: 'w', limit: 1 });
    expect(run?.id).toBe(id);
    await completeRun(db.pool, id, run?.run_id ?? '', null);
    while ((await dropEmptyLanes(db.pool)) > 0);
    expect((await sql("select from task_lanes where quest_id = 'q-done'")).rowCount).toBe(0);
    expect(await pause('q-done', 'quest')).toMatchObject({ label_known: true });
    await recordWorkerPolls(db.pool, [
      { worker: 'old', wants: 'x', host: null, agents: ['asked-for'], skills: null, agoSeconds: 2 * 86_400 },
    ]);
    await forgetOldSightings(db.pool);
    expect(await pause('asked-for')).toMatchObject({ label_known: true });
  });
});
