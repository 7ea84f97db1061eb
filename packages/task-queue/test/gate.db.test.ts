import { covers, LABEL_KINDS, listActivePauses, unpauseScope, type Scope } from '@orchestra/pause-core';
import { COVER_CASES, testDatabase, type CoverCase } from '@orchestra/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { completeRun, deferPaused, failRun, findTask, listTaskEvents, listTasks, releaseRun } from '../src/index.ts';
import { add, claim, ids, pause } from './fixtures.ts';

const db = testDatabase();

beforeEach(async () => {
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
});

/** The tasks that a pause has deferred and that the list under it shows. */
async function held(pauseId: string): Promise<Set<string>> {
  const listed = await listTasks(db.pool, { heldBy: pauseId, limit: 200 });
  return new Set(listed.filter((task) => task.deferred_by === pauseId).map((task) => task.id));
}

const toTaskLabels = ({ agent_id: agentId, skill, quest_id: questId, actor_id: actorId }: CoverCase['labels']) => ({
  agentId,
  skill,
  questId,
  actorId,
});

describe('P1 gate', () => {
  test.each(LABEL_KINDS)(
    'P1 no claim after a pause on an %s returns a task that it covers; the others go on',
    async (kind) => {
      const label = { agent: 'agent_id', skill: 'skill', quest: 'quest_id', actor: 'actor_id' }[kind];
      const [held, free] = await add(db.pool, { [label]: 'x' }, { [label]: 'y' });
      await pause(db.pool, { kind, value: 'x' });
      expect(ids(await claim(db.pool))).toEqual([free]);
      await unpauseScope(db.pool, { target: { kind, value: 'x' }, by: 'dana' });
      expect(ids(await claim(db.pool))).toEqual([held]);
    },
  );

  test('P1 P19 the rule in SQL and the rule in TypeScript agree, case for case', async () => {
    const byScope = Map.groupBy(COVER_CASES, ({ scope }) => JSON.stringify(scope));
    for (const cases of byScope.values()) {
      const scope = cases[0]?.scope ?? { kind: 'fleet', value: '*' };
      const added = await add(db.pool, ...cases.map(({ labels }) => labels));
      const atGates = await add(db.pool, ...cases.map(({ labels }, index) => ({ ...labels, repo: `repo-${index}` })));
      const { pause: made } = await pause(db.pool, scope);
      const {
        rows: [by],
      } = await db.pool.query<{ lanes: string[]; tasks: string[] }>(
        `select (select array_agg(t.id::text) from tasks t join task_lanes l on l.id = t.lane_id
                  where pause_covers($1, $2, $3, l.agent_id, l.skill, l.quest_id, l.actor_id)) as lanes,
                (select array_agg(t.id::text) from tasks t
                  where pauses_cover('{}', jsonb_build_array($3::jsonb || jsonb_build_object($1::text, $2::text)),
                                     t.agent_id, t.skill, t.quest_id, t.actor_id)) as tasks`,
        [made.scope.kind, made.scope.value, made.scope.also ?? null],
      );
      const claimed = new Set(ids(await claim(db.pool, { limit: 100 })));
      await deferPaused(db.pool);
      const listed = await held(made.id);
      for (const [index, { labels, covered }] of cases.entries()) {
        const about = `${JSON.stringify(scope)} over ${JSON.stringify(labels)}`;
        expect(covers(scope, toTaskLabels(labels)), about).toBe(covered);
        for (const id of [added[index] ?? '', atGates[index] ?? '']) {
          expect(claimed.has(id), `the claim: ${about}`).toBe(!covered);
          expect((by?.lanes ?? []).includes(id), `of lanes: ${about}`).toBe(covered);
          if (made.scope.also !== undefined) expect((by?.tasks ?? []).includes(id), `of pairs: ${about}`).toBe(covered);
          expect(listed.has(id), `deferred, and on the list of the pause: ${about}`).toBe(covered);
        }
      }
      expect((await unpauseScope(db.pool, { target: scope, by: 'dana' })).cleared).toHaveLength(1);
      await db.pool.query('truncate tasks');
    }
  });

  test('P3 a row inserted by hand stops the claim', async () => {
    await add(db.pool, { skill: 'debate' });
    await db.pool.query("insert into senate_pause (scope_kind, scope_value) values ('skill', 'debate')");
    expect(await claim(db.pool)).toEqual([]);
  });

  test('a claim of given agents or skills takes no others', async () => {
    const [a, b, c] = await add(
      db.pool,
      { agent_id: 'a', skill: 's' },
      { agent_id: 'b', skill: 's' },
      { agent_id: 'a', skill: 't' },
    );
    expect(ids(await claim(db.pool, { agents: ['a'], skills: ['t'] }))).toEqual([c]);
    expect(ids(await claim(db.pool, { skills: ['s'] }))).toEqual([a, b]);
  });
});

describe('deferral', () => {
  test('P9 a paused task is put off with one event, however often it is looked at', async () => {
    const [id = ''] = await add(db.pool, { agent_id: 'skeptic' });
    const { pause: made } = await pause(db.pool, { kind: 'agent', value: 'skeptic' }, 1_800);
    for (const deferred of [1, 0, 0]) {
      expect(await claim(db.pool)).toEqual([]);
      expect(await deferPaused(db.pool)).toEqual({ deferred, more: false });
    }
    const events = await listTaskEvents(db.pool, id, { limit: 10 });
    expect(events.map((event) => event.kind)).toEqual(['queued', 'deferred']);
    expect(events[1]?.data).toMatchObject({
      pause_id: made.id,
      scope_kind: 'agent',
      scope_value: 'skeptic',
      reason: 'test',
    });
    const {
      rows: [row],
    } = await db.pool.query('select deferred_by, extract(epoch from next_eligible_at - now()) as seconds from tasks');
    expect(row.deferred_by).toBe(made.id);
    expect(Number(row.seconds)).toBeGreaterThan(1_700);
    expect(Number(row.seconds)).toBeLessThanOrEqual(1_800);
  });

  test('P9 a pause that is nearly over puts off for a minute, which nobody waits out', async () => {
    const [id] = await add(db.pool, { agent_id: 'skeptic' });
    await pause(db.pool, { kind: 'agent', value: 'skeptic' }, 5);
    await deferPaused(db.pool);
    const {
      rows: [row],
    } = await db.pool.query('select extract(epoch from next_eligible_at - now()) as seconds from tasks');
    expect(Number(row.seconds)).toBeGreaterThan(55);
    await db.pool.query(
      "update senate_pause set paused_at = paused_at - interval '6 seconds' where cleared_at is null",
    );
    expect(ids(await claim(db.pool))).toEqual([id]);
  });

  test('P7 under two pauses a task is put off once for each that holds it, and names the stronger one first', async () => {
    const [id = ''] = await add(db.pool, { agent_id: 'skeptic', actor_id: 'acct-1' });
    await pause(db.pool, { kind: 'agent', value: 'skeptic' });
    await pause(db.pool, { kind: 'actor', value: 'acct-1' });
    for (const deferred of [1, 0]) expect(await deferPaused(db.pool)).toMatchObject({ deferred });
    await unpauseScope(db.pool, { target: { kind: 'actor', value: 'acct-1' }, by: 'dana' });
    expect(await claim(db.pool)).toEqual([]);
    for (const deferred of [1, 0]) expect(await deferPaused(db.pool)).toMatchObject({ deferred });
    const deferred = (await listTaskEvents(db.pool, id, { limit: 10 })).filter((event) => event.kind === 'deferred');
    expect(deferred.map((event) => event.data)).toMatchObject([{ scope_kind: 'actor' }, { scope_kind: 'agent' }]);
    await unpauseScope(db.pool, { target: { kind: 'agent', value: 'skeptic' }, by: 'dana' });
    expect(ids(await claim(db.pool))).toEqual([id]);
  });

  test('a large backlog is put off in chunks, first in the queue first, and what is added later as well', async () => {
    await db.pool.query(
      "insert into tasks (agent_id, quest_id) select 'skeptic', 'q-' || n % 3 from generate_series(1, 1200) n",
    );
    await add(db.pool, { agent_id: 'librarian' });
    await pause(db.pool, { kind: 'agent', value: 'skeptic' });
    expect(await deferPaused(db.pool)).toEqual({ deferred: 500, more: true });
    const {
      rows: [gap],
    } = await db.pool.query(
      `select (select max(id)
                 from tasks
                where deferred_by is not null) < (select min(id) from tasks where deferred_by is null) as none`,
    );
    expect(gap.none).toBe(true);
    expect(await deferPaused(db.pool)).toEqual({ deferred: 500, more: true });
    expect(await deferPaused(db.pool)).toEqual({ deferred: 200, more: false });
    await add(db.pool, { agent_id: 'skeptic', quest_id: 'q-1' });
    expect(await deferPaused(db.pool)).toEqual({ deferred: 1, more: false });
    const { rows } = await db.pool.query(
      "select count(*)::int as events, count(distinct task_id)::int as tasks from task_events where kind = 'deferred'",
    );
    expect(rows).toEqual([{ events: 1_201, tasks: 1_201 }]);
  });

  test('a task whose own time has not come is not put off and keeps that time', async () => {
    await add(db.pool, { agent_id: 'skeptic', not_before: '2100-01-01T00:00:00Z' });
    await pause(db.pool, { kind: 'agent', value: 'skeptic' });
    expect(await deferPaused(db.pool)).toMatchObject({ deferred: 0 });
    await unpauseScope(db.pool, { target: { kind: 'agent', value: 'skeptic' }, by: 'dana' });
    expect(await claim(db.pool)).toEqual([]);
  });
});

describe('P7 pauses stack', () => {
  test('P7 a machine’s pause and a person’s on one scope are two rows with two ends; work resumes when none is left', async () => {
    const [id] = await add(db.pool, { actor_id: 'acct-1' });
    const scope: Scope = { kind: 'actor', value: 'acct-1' };
    const { pause: persons } = await pause(db.pool, scope, 3_600);
    await db.pool.query(
      `insert into senate_pause (scope_kind, scope_value, paused_by, reason, ttl_seconds, source)
         values ('actor', 'acct-1', 'senate.auto', 'auto', 60, 'machine')`,
    );
    const both = await listActivePauses(db.pool, scope);
    expect(new Set(both.map((one) => one.ttlSeconds))).toEqual(new Set([3_600, 60]));
    await unpauseScope(db.pool, { target: { id: persons.id }, by: 'dana' });
    expect(await claim(db.pool)).toEqual([]);
    await db.pool.query(
      "update senate_pause set paused_at = paused_at - interval '61 seconds' where paused_by = 'senate.auto'",
    );
    expect(ids(await claim(db.pool))).toEqual([id]);
  });
});

describe('P9 place kept', () => {
  test('P9 after an early clear tasks come at once and in the order they would have had: priority, then place', async () => {
    const [low, first, second, urgent] = await add(
      db.pool,
      { agent_id: 'a', priority: 5 },
      { agent_id: 'a' },
      { agent_id: 'b' },
      { agent_id: 'a', priority: -5 },
    );
    await pause(db.pool, { kind: 'agent', value: 'a' }, 3_600);
    expect(ids(await claim(db.pool))).toEqual([second]);
    const [late] = await add(db.pool, { agent_id: 'b' });
    await unpauseScope(db.pool, { target: { kind: 'agent', value: 'a' }, by: 'dana' });
    expect(ids(await claim(db.pool))).toEqual([urgent, first, late, low]);
  });

  test('P9 a task that goes back after a failure or a release keeps its place', async () => {
    const [first = '', second] = await add(db.pool, {}, {});
    const [run] = await claim(db.pool, { limit: 1 });
    await releaseRun(db.pool, first, run?.run_id ?? '', { cause: 'shutdown' });
    expect(ids(await claim(db.pool))).toEqual([first, second]);
  });
});

describe('P11 held time is free', () => {
  test('P11 a run handed back at a checkpoint uses up no attempt and the next one is given its cursor', async () => {
    const [id = ''] = await add(db.pool, { max_attempts: 1 });
    const [run] = await claim(db.pool);
    await releaseRun(db.pool, id, run?.run_id ?? '', { cause: 'pause', cursor: { index: 7 } });
    expect(await claim(db.pool)).toMatchObject([{ id, attempt: 1, cursor: { index: 7 } }]);
  });

  test('a failed run uses up an attempt; the last one fails the task', async () => {
    const [id = ''] = await add(db.pool, { max_attempts: 2 });
    const [one] = await claim(db.pool);
    expect(await failRun(db.pool, id, one?.run_id ?? '', { error: 'boom', retry: true })).toMatchObject({
      status: 'queued',
    });
    expect(await claim(db.pool), 'the retry waits its delay').toEqual([]);
    await db.pool.query('update tasks set next_eligible_at = now()');
    const [two] = await claim(db.pool);
    expect(await failRun(db.pool, id, two?.run_id ?? '', { error: 'boom', retry: true })).toEqual({
      status: 'failed',
      next_eligible_at: null,
    });
    expect(await findTask(db.pool, id)).toMatchObject({ status: 'failed', run_id: null, attempt: 2 });
  });
});

test('a completed run keeps its result, and telling it twice answers the same', async () => {
  const [id = ''] = await add(db.pool, { skill: 's' });
  const [run] = await claim(db.pool);
  const once = await completeRun(db.pool, id, run?.run_id ?? '', { files: 3 });
  expect(await completeRun(db.pool, id, run?.run_id ?? '', { files: 3 })).toEqual(once);
  expect(await findTask(db.pool, id)).toMatchObject({ status: 'succeeded', result: { files: 3 } });
  expect((await listTaskEvents(db.pool, id, { limit: 10 })).map((event) => event.kind)).toEqual([
    'queued',
    'claimed',
    'completed',
  ]);
});
