import { pauseScope, unpauseScope } from '@orchestra/pause-core';
import { ROLES, type Role } from '@orchestra/pause-core/contract';
import { testDatabase, until } from '@orchestra/testkit';
import {
  claimAnswer,
  enqueueAnswer,
  finishAnswer,
  queueView,
  taskEvents,
  tasks as tasksAnswer,
  taskView,
  type ClaimAnswer,
  type EnqueueAnswer,
  type FinishAnswer,
  type TaskEvents,
  type Tasks,
} from '@orchestra/task-queue/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeToken, serve, type Served } from './serving.ts';

const db = testDatabase();
let service: Served;

beforeAll(async () => {
  service = await serve(db);
});
afterAll(() => service.stop());
beforeEach(async () => {
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  await db.pool.query('truncate tasks, task_event_rows, event_batches, idempotency_keys');
});

const NOBODY = '00000000-0000-4000-8000-000000000000';

describe('tasks', () => {
  test('many are added in order, one is added alone, and every answer is as the contract says', async () => {
    const many = await service.post<EnqueueAnswer>('/api/tasks', {
      tasks: [
        { skill: 'lint', payload: { path: 'a' } },
        { agent_id: 'scribe', priority: -1, repo: 'r' },
      ],
    });
    const one = await service.post<EnqueueAnswer>('/api/tasks', { skill: 'debate' });
    const ids = [...enqueueAnswer.parse(many.body).ids, ...enqueueAnswer.parse(one.body).ids];
    expect(ids.map(Number)).toEqual(ids.map(Number).toSorted((a, b) => a - b));
    const [run] = claimAnswer.parse(
      (await service.post('/api/tasks/claim', { worker: 'w-1', host: 'h', pid: 7 })).body,
    ).tasks;
    expect(run).toMatchObject({ id: ids[1], agent_id: 'scribe', repo: 'r', attempt: 1, lease_seconds: 60 });
    expect(taskView.parse((await service.get(`/api/tasks/${ids[1]}`)).body)).toMatchObject({
      status: 'running',
      worker: 'w-1',
      host: 'h',
      pid: 7,
      run_id: run?.run_id,
    });
    expect((await service.post(`/api/tasks/${ids[1]}/heartbeat`, { run_id: run?.run_id })).body).toEqual({
      lease_seconds: 60,
    });
    expect(
      finishAnswer.parse(
        (await service.post(`/api/tasks/${ids[1]}/complete`, { run_id: run?.run_id, result: { files: 3 } })).body,
      ),
    ).toEqual({ status: 'succeeded', next_eligible_at: null });
    expect(
      taskEvents.parse((await service.get(`/api/tasks/${ids[1]}/events`)).body).events.map((event) => event.kind),
    ).toEqual(['queued', 'claimed', 'completed']);
    const queue = queueView.parse((await service.get('/api/queue')).body);
    expect(queue).toMatchObject({
      counts: { queued: 2, succeeded: 1 },
      reaper: { lease_seconds: 60, impossible_queued_total: 0 },
    });
  });

  test('the list is filtered, and paged without a gap or a repeat while tasks are added', async () => {
    await service.add(
      ...Array.from({ length: 7 }, (_, index) => ({
        skill: index % 2 === 0 ? 'lint' : 'debate',
        agent_id: 'a',
        quest_id: 'q',
        actor_id: 'x',
      })),
    );
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const { body }: { body: Tasks } = await service.get<Tasks>(
        `/api/tasks?skill=lint&agent_id=a&quest_id=q&actor_id=x&status=queued&limit=2${cursor === null ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...tasksAnswer.parse(body).tasks.map((task) => task.id));
      cursor = body.next_cursor;
      await service.add({ skill: 'lint', agent_id: 'a', quest_id: 'q', actor_id: 'x' });
    } while (cursor !== null);
    expect(seen).toHaveLength(4);
    expect(new Set(seen).size).toBe(4);
    expect((await service.get<Tasks>('/api/tasks?status=running')).body).toEqual({ tasks: [], next_cursor: null });
  });

  test('the history is paged, oldest first', async () => {
    const [id] = await service.add({});
    for (let round = 0; round < 3; round++) for (const run of await service.claim()) await service.release(run);
    const kinds: string[] = [];
    let cursor: string | null = null;
    do {
      const { body }: { body: TaskEvents } = await service.get<TaskEvents>(
        `/api/tasks/${id}/events?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`,
      );
      kinds.push(...body.events.map((event) => event.kind));
      cursor = body.next_cursor;
    } while (cursor !== null);
    expect(kinds).toEqual(['queued', 'claimed', 'released', 'claimed', 'released', 'claimed', 'released']);
  });

  test('P10 a call repeated with its Idempotency-Key adds nothing twice; with another body it is refused', async () => {
    const first = await service.post<EnqueueAnswer>('/api/tasks', { skill: 'lint' }, { key: 'k-1' });
    expect((await service.post('/api/tasks', { skill: 'lint' }, { key: 'k-1' })).body).toEqual(first.body);
    expect(await service.post('/api/tasks', { skill: 'debate' }, { key: 'k-1' })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    });
    expect((await service.get<Tasks>('/api/tasks')).body.tasks).toHaveLength(1);
  });
});

describe('runs', () => {
  test('P10 a zombie’s complete is refused and told what became of its run', async () => {
    const reaping = await serve(db, { reapEveryMs: 20, leaseSeconds: 4 });
    try {
      const [id] = await reaping.add({});
      const [zombie] = await reaping.claim({ worker: 'w-frozen' });
      const waiting = reaping.claim({ worker: 'w-next', wait_seconds: 30 });
      await db.pool.query("update tasks set heartbeat_at = heartbeat_at - interval '61 seconds'");
      const [next] = await waiting;
      expect(next).toMatchObject({ id, attempt: 1 });
      for (const [call, body] of [
        ['complete', { result: 'late' }],
        ['fail', { error: 'late' }],
        ['release', {}],
        ['heartbeat', {}],
      ] as const) {
        const refused = await reaping.post<{ code: string; detail: string }>(
          `/api/tasks/${id}/${call}`,
          { run_id: zombie?.run_id, ...body },
          { key: `z-${call}` },
        );
        expect(refused).toMatchObject({ status: 409, body: { code: 'run_not_owner' } });
        expect(refused.body.detail).toMatch(new RegExp(`run ${zombie?.run_id} was reaped at .*running for w-next`));
      }
      expect(await reaping.task(id ?? '')).toMatchObject({ status: 'running', run_id: next?.run_id, result: null });
    } finally {
      await reaping.stop();
    }
  });

  test('an ending told twice answers the same, with and without a key', async () => {
    const [id] = await service.add({});
    const [run] = await service.claim();
    const body = { run_id: run?.run_id, error: 'boom', result: { output: 'x' } };
    const once = await service.post<FinishAnswer>(`/api/tasks/${id}/fail`, body, { key: 'k' });
    expect(once).toMatchObject({ status: 200, body: { status: 'queued' } });
    expect((await service.post(`/api/tasks/${id}/fail`, body, { key: 'k' })).body).toEqual(once.body);
    expect((await service.post(`/api/tasks/${id}/fail`, body)).body).toEqual(once.body);
    expect(await service.eventKinds(id ?? '')).toEqual(['queued', 'claimed', 'failed']);
    expect(await service.post(`/api/tasks/${id}/complete`, { run_id: run?.run_id })).toMatchObject({
      status: 409,
      body: { code: 'run_not_owner' },
    });
  });

  test('P1 no claim that begins after a pause has settled returns a task that it covers, from any instance, whatever waits', async () => {
    const other = await serve(db, { lookEveryMs: 20 });
    try {
      const scope = { kind: 'agent', value: 'skeptic' } as const;
      await service.add(
        ...Array.from({ length: 200 }, (_, index) => ({ agent_id: index % 2 === 0 ? 'skeptic' : 'scribe' })),
      );
      let stop = false;
      const afterPause: ClaimAnswer['tasks'] = [];
      let settled = false;
      const workers = Array.from({ length: 8 }, async (_, index) => {
        while (!stop) {
          const began = settled;
          const got = await (index % 2 === 0 ? service : other).claim({
            worker: `w-${index}`,
            limit: 3,
            wait_seconds: 0.05,
          });
          if (began) afterPause.push(...got);
          for (const task of got)
            await service.post(`/api/tasks/${task.id}/release`, { run_id: task.run_id, cause: 'shutdown' });
        }
      });
      const receipt = await pauseScope(db.pool, {
        scope,
        reason: 'test',
        ttlSeconds: null,
        by: 'dana',
        source: 'person',
      });
      expect(receipt.settled).toBe(true);
      settled = true;
      while (afterPause.length < 100) await service.queue();
      stop = true;
      await Promise.all(workers);
      expect(afterPause.filter((task) => task.agent_id === 'skeptic')).toEqual([]);
      await unpauseScope(db.pool, { target: scope, by: 'dana' });
      expect((await service.claim({ agents: ['skeptic'], limit: 100 })).length).toBe(100);
    } finally {
      await other.stop();
    }
  });
});

describe('P15 impossible rows', () => {
  const RULE = "check (status <> 'queued' or (run_id is null and pid is null and started_at is null))";
  /** As an older schema left them. */
  async function makeImpossible(ids: string[]): Promise<void> {
    await db.pool.query('alter table tasks drop constraint tasks_queued_is_unowned');
    await db.pool.query(
      'update tasks set run_id = gen_random_uuid(), pid = 4711, started_at = now() where id = any ($1::bigint[])',
      [ids],
    );
    await db.pool.query(`alter table tasks add constraint tasks_queued_is_unowned ${RULE} not valid`);
  }

  test('P15 are healed before the first claim, counted, and written down; also such as a pause covers', async () => {
    const [paused = '', free = ''] = await service.add({ agent_id: 'skeptic' }, { agent_id: 'scribe' });
    // Four statements' worth, so that a service which served while it heals would be caught at it.
    // In portions, so that no statement nears its time limit on a busy machine.
    const many: string[] = [];
    while (many.length < 4_000) {
      const { rows } = await db.pool.query<{ id: string }>(
        "insert into tasks (agent_id) select 'skeptic' from generate_series(1, 2000) returning id",
      );
      many.push(...rows.map((row) => row.id));
    }
    await makeImpossible([paused, free]);
    for (let from = 0; from < many.length; from += 2_000) await makeImpossible(many.slice(from, from + 2_000));
    await pauseScope(db.pool, {
      scope: { kind: 'agent', value: 'skeptic' },
      reason: 'test',
      ttlSeconds: null,
      by: 'dana',
      source: 'person',
    });
    const starting = await serve(db);
    try {
      expect((await starting.claim()).map((task) => task.id)).toEqual([free]);
      expect(await starting.eventKinds(free)).toEqual(['queued', 'healed', 'claimed']);
      await until('it is put off', async () => (await starting.eventKinds(paused)).includes('deferred'));
      expect(await starting.eventKinds(paused)).toEqual(['queued', 'healed', 'deferred']);
      expect((await starting.queue()).reaper.impossible_queued_total).toBe(4_002);
      expect(await starting.metric('orchestra_impossible_queued_total')).toBe(4_002);
    } finally {
      await starting.stop();
    }
  });

  test('P15 are healed on the reaper’s tick', async () => {
    const ticking = await serve(db, { reapEveryMs: 20 });
    try {
      const [id = ''] = await ticking.add({ not_before: '2999-01-01T00:00:00Z' });
      const { reaper: before } = await ticking.queue();
      await makeImpossible([id]);
      await until('the tick', async () => (await ticking.eventKinds(id)).includes('healed'));
      expect(await ticking.task(id)).toMatchObject({ status: 'queued', run_id: null, pid: null, started_at: null });
      // The count is written after the row is healed.
      await until(
        'the count',
        async () => (await ticking.queue()).reaper.impossible_queued_total === before.impossible_queued_total + 1,
      );
    } finally {
      await ticking.stop();
    }
  });
});

describe('who may do what', () => {
  const calls: [path: string, body: object | undefined, roles: Role[]][] = [
    ['/api/tasks', { skill: 'x' }, ['worker', 'operator', 'admin']],
    ['/api/tasks/claim', { worker: 'w' }, ['worker', 'admin']],
    ...['heartbeat', 'complete', 'fail', 'release'].map((call): [string, object, Role[]] => [
      `/api/tasks/1/${call}`,
      { run_id: NOBODY, ...(call === 'fail' ? { error: 'x' } : {}) },
      ['worker', 'admin'],
    ]),
    ['/api/tasks', undefined, ['viewer', 'worker', 'operator', 'admin']],
    ['/api/tasks/1', undefined, ['viewer', 'worker', 'operator', 'admin']],
    ['/api/tasks/1/events', undefined, ['viewer', 'worker', 'operator', 'admin']],
    ['/api/queue', undefined, ['viewer', 'worker', 'operator', 'admin']],
  ];

  test.each(calls)('%s %j', async (path, body, allowed) => {
    for (const role of ROLES) {
      const token = await makeToken(db.pool, role);
      const { status } =
        body === undefined ? await service.get(path, { token }) : await service.post(path, body, { token });
      if (allowed.includes(role)) expect([200, 404, 409], role).toContain(status);
      else expect(status, role).toBe(403);
    }
    const none =
      body === undefined
        ? await service.get(path, { token: undefined })
        : await service.post(path, body, { token: undefined });
    expect(none).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  });
});

describe('bad input is refused with a code and the field, and nothing is written', () => {
  const task = (fields: object): object => ({ tasks: [{ skill: 'ok' }, { skill: 'x', ...fields }] });
  const run = { run_id: NOBODY };
  const posts: [path: string, body: unknown, field: string, status?: number, code?: string][] = [
    ['/api/tasks', { tasks: [] }, 'tasks'],
    ['/api/tasks', { tasks: Array.from({ length: 1_001 }, () => ({})) }, 'tasks'],
    ['/api/tasks', task({ status: 'running' }), 'tasks[1].status'],
    ['/api/tasks', task({ paused_by: 'me' }), 'tasks[1].paused_by'],
    ['/api/tasks', task({ skill: '' }), 'tasks[1].skill'],
    ['/api/tasks', task({ skill: ' x' }), 'tasks[1].skill'],
    ['/api/tasks', task({ agent_id: 'x'.repeat(201) }), 'tasks[1].agent_id'],
    ['/api/tasks', task({ quest_id: 'a\u0000b' }), 'tasks[1].quest_id'],
    ['/api/tasks', '{"tasks":[{"skill":"ok"},{"actor_id":"\\ud800"}]}', 'tasks[1].actor_id'],
    ['/api/tasks', task({ actor_id: 7 }), 'tasks[1].actor_id'],
    ['/api/tasks', task({ priority: 1.5 }), 'tasks[1].priority'],
    ['/api/tasks', task({ priority: 32_768 }), 'tasks[1].priority'],
    ['/api/tasks', task({ max_attempts: 0 }), 'tasks[1].max_attempts'],
    ['/api/tasks', task({ payload: [] }), 'tasks[1].payload'],
    ['/api/tasks', task({ payload: { deep: { text: 'a\u0000b' } } }), 'tasks[1].payload.deep.text'],
    ['/api/tasks', '{"tasks":[{"skill":"ok"},{"payload":{"x":"\\udfff"}}]}', 'tasks[1].payload.x'],
    ['/api/tasks', task({ not_before: 'tomorrow' }), 'tasks[1].not_before'],
    ['/api/tasks', task({ not_before: '0000-01-01T00:00:00Z' }), 'tasks[1].not_before'],
    ['/api/tasks', task({ not_before: '0001-01-01T00:00:00+23:59' }), 'tasks[1].not_before'],
    ['/api/tasks', task({ not_before: '2026-02-30T00:00:00Z' }), 'tasks[1].not_before'],
    ['/api/tasks', '{"tasks":[{"skill":"ok"},{"payload":{"x":1e999}}]}', 'tasks[1].payload.x'],
    ['/api/tasks', '{"payload":{"x":[0,{"y":-0}]}}', 'payload.x[1].y'],
    ['/api/tasks', '{"payload":{"x":1e-999}}', 'payload.x'],
    ['/api/tasks', `{"payload":{"x":${'1'.repeat(500)}}}`, 'payload.x'],
    ['/api/tasks', '{"payload":{"a":{"b":1,"b":2}}}', 'payload.a.b'],
    ['/api/tasks', '{"skill":"a","skill":"b"}', 'skill'],
    ['/api/tasks', '{"payload":{"__proto__":"\\u0000"}}', 'payload.__proto__'],
    ['/api/tasks', `{"payload":{"x":${'['.repeat(70)}${']'.repeat(70)}}}`, `payload.x${'[0]'.repeat(15)}`],
    ['/api/tasks', '{"priority":1970670598291982290}', 'priority'],
    ['/api/tasks', task({ skill: 'sk\u200beptic' }), 'tasks[1].skill'],
    ['/api/tasks', '{', '', 400, 'malformed_json'],
    ['/api/tasks', `{"payload":{"x":"${'x'.repeat(262_144)}"}}`, '', 413, 'body_too_large'],
    ['/api/tasks/claim', {}, 'worker'],
    ['/api/tasks/claim', { worker: 'w', limit: 0 }, 'limit'],
    ['/api/tasks/claim', { worker: 'w', limit: 101 }, 'limit'],
    ['/api/tasks/claim', { worker: 'w', wait_seconds: -1 }, 'wait_seconds'],
    ['/api/tasks/claim', { worker: 'w', wait_seconds: 61 }, 'wait_seconds'],
    ['/api/tasks/claim', { worker: 'w', agents: [] }, 'agents'],
    ['/api/tasks/claim', { worker: 'w', skills: ['ok', ''] }, 'skills[1]'],
    ['/api/tasks/claim', { worker: 'w', run_id: NOBODY }, 'run_id'],
    ['/api/tasks/claim', { worker: 'w', pid: -1 }, 'pid'],
    ['/api/tasks/claim?wait_seconds=1', { worker: 'w' }, 'wait_seconds'],
    ['/api/tasks/x/heartbeat', run, 'id'],
    ['/api/tasks/0/heartbeat', run, 'id'],
    ['/api/tasks/9223372036854775808/heartbeat', run, 'id'],
    ['/api/tasks/1/heartbeat', { run_id: 'x' }, 'run_id'],
    ['/api/tasks/1/complete', { result: 1 }, 'run_id'],
    ['/api/tasks/1/complete', { ...run, result: 'a\u0000b' }, 'result'],
    ['/api/tasks/1/complete', { ...run, status: 'succeeded' }, 'status'],
    ['/api/tasks/1/fail', run, 'error'],
    ['/api/tasks/1/fail', { ...run, error: 'a\u0000b' }, 'error'],
    ['/api/tasks/1/fail', { ...run, error: 'x'.repeat(20_001) }, 'error'],
    ['/api/tasks/1/fail', { ...run, error: 'x', retry: 'no' }, 'retry'],
    ['/api/tasks/1/release', { ...run, cause: 'bored' }, 'cause'],
    ['/api/tasks/1/complete', run, '', 404, 'task_not_found'],
    ['/api/tasks/9223372036854775807/fail', { ...run, error: 'x' }, '', 404, 'task_not_found'],
    ['/api/tasks/1', run, '', 405, 'method_not_allowed'],
  ];

  test('a number is kept as it was sent, through the queue, the run and back', async () => {
    const exact =
      '{"id":1970670598291982290,"long":0.1234567890123456789,"list":[18446744073709551615,-9223372036854775809]}';
    const said = async (path: string, body?: string): Promise<string> =>
      (body === undefined ? await service.get(path) : await service.post(path, body)).text;
    await service.post('/api/tasks', `{"skill":"exact","payload":${exact}}`);
    const claimed = await said('/api/tasks/claim', '{"worker":"exact","skills":["exact"]}');
    // jsonb has an order of its own for keys.
    for (const part of exact.slice(1, -1).split(/,(?=")/)) expect(claimed).toContain(part);
    const [, id = '', runId = ''] = /"id":"(\d+)","run_id":"([^"]+)"/.exec(claimed) ?? [];
    await said(
      `/api/tasks/${id}/release`,
      `{"run_id":"${runId}","cause":"shutdown","cursor":{"after":1970670598291982290}}`,
    );
    const again = await said('/api/tasks/claim', '{"worker":"exact","skills":["exact"]}');
    expect(again).toContain('"cursor":{"after":1970670598291982290}');
    const [, secondRun = ''] = /"run_id":"([^"]+)"/.exec(again) ?? [];
    await said(`/api/tasks/${id}/complete`, `{"run_id":"${secondRun}","result":9007199254740993}`);
    expect(await said(`/api/tasks/${id}`)).toContain('"result":9007199254740993');
  });

  test.each(posts)('POST %s %j → %s', async (path, body, field, status = 400, code = 'invalid_request') => {
    const refused = await service.post<{ code: string; errors?: { field: string }[] }>(path, body, { key: 'bad' });
    expect(refused).toMatchObject({ status, body: { code } });
    if (field !== '') expect(refused.body.errors?.map((error) => error.field)).toContain(field);
    const { rows } = await db.pool.query(
      `select (select count(*)::int from tasks) as tasks, (select count(*)::int from task_events) as events,
              (select count(*)::int from idempotency_keys) as keys`,
    );
    expect(rows).toEqual([{ tasks: 0, events: 0, keys: 0 }]);
  });

  test.each([
    ['/api/tasks?limit=0', 'limit'],
    ['/api/tasks?limit=201', 'limit'],
    ['/api/tasks?limit=x', 'limit'],
    ['/api/tasks?cursor=!', 'cursor'],
    ['/api/tasks?cursor=abc', 'cursor'],
    ['/api/tasks?status=paused', 'status'],
    ['/api/tasks?agent=x', 'agent'],
    ['/api/tasks?skill=', 'skill'],
    ['/api/tasks?skill=a&skill=b', 'skill'],
    ['/api/tasks/x', 'id'],
    ['/api/tasks/1/events?cursor=LTE', 'cursor'],
    ['/api/queue?x=1', 'x'],
  ])('GET %s → %s', async (path, field) => {
    const refused = await service.get<{ code: string; errors?: { field: string }[] }>(path);
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(refused.body.errors?.map((error) => error.field)).toContain(field);
  });

  test.each(['/api/tasks/1', '/api/tasks/1/events'])('GET %s of a task that is not there', async (path) => {
    expect(await service.get(path)).toMatchObject({ status: 404, body: { code: 'task_not_found' } });
  });

  test('instants with an offset that the database does not know are taken as the instant that they are', async () => {
    const [id = ''] = await service.add({ not_before: '2030-01-01T00:00:00+23:59' });
    expect(await service.task(id)).toMatchObject({ next_eligible_at: '2029-12-31T00:01:00.000Z' });
  });
});

test('the document of the API names every route', async () => {
  const { body } = await service.get<{ paths: Record<string, object> }>('/openapi.json', { token: undefined });
  expect(Object.keys(body.paths)).toEqual(
    expect.arrayContaining([
      '/api/tasks',
      '/api/tasks/claim',
      '/api/tasks/{id}',
      '/api/tasks/{id}/events',
      '/api/queue',
      '/api/tasks/{id}/heartbeat',
      '/api/tasks/{id}/complete',
      '/api/tasks/{id}/fail',
      '/api/tasks/{id}/release',
    ]),
  );
});
