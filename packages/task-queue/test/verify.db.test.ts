import { unpauseScope } from '@orchestra/pause-core';
import { testDatabase, until } from '@orchestra/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { completeRun, verifyClaims } from '../src/index.ts';
import { add, claim, ids, pause, waitingFor } from './fixtures.ts';

const db = testDatabase();
const SKEPTIC = { kind: 'agent', value: 'skeptic' } as const;
const verify = () => verifyClaims(db.pool, { limit: 10_000 });

beforeEach(async () => {
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
  await unpauseScope(db.pool, { target: SKEPTIC, by: 'dana' });
});

test('P1 a claim that took a paused task all the same is found afterwards', async () => {
  const [id = ''] = await add(db.pool, { agent_id: 'skeptic' });
  const {
    pause: { id: pauseId },
  } = await pause(db.pool, SKEPTIC);
  // As a gate that does not hold would have written it.
  await db.pool.query(
    `insert into task_events (task_id, run_id, kind, by, data)
     select $1, gen_random_uuid(), 'claimed', 'w-broken', jsonb_build_object('snapshot', pg_current_snapshot()::text)`,
    [id],
  );
  expect(await verify()).toMatchObject({
    claims_checked: 1,
    claims_unknown: 0,
    complete: true,
    violations: [{ task_id: id, worker: 'w-broken', pause_id: pauseId, scope_kind: 'agent', scope_value: 'skeptic' }],
  });
});

test('a claim is judged by what each of its searches saw: a pause may end between two of them', async () => {
  const LOCK = 79;
  const [atGate = ''] = await add(db.pool, { agent_id: 'skeptic', repo: 'r' });
  const [walked = ''] = await add(db.pool, { agent_id: 'other' });
  await pause(db.pool, SKEPTIC);
  // The same function, which waits between the walk and the search at the gates.
  const {
    rows: [whole],
  } = await db.pool.query<{ source: string }>("select pg_get_functiondef('orchestra_turn'::regproc) as source");
  const source = whole?.source ?? '';
  expect(source).toContain('if there_are_gates then');
  await db.pool.query(
    source
      .replace('orchestra_turn(', 'slow_turn(')
      .replaceAll('orchestra_turn.', 'slow_turn.')
      .replace('if there_are_gates then', `perform pg_advisory_xact_lock_shared(${LOCK}); if there_are_gates then`),
  );
  const holder = await db.pool.connect();
  await holder.query('select pg_advisory_lock($1)', [LOCK]);
  const claimed = db.pool.query<{ tasks: string }>(
    "select t.tasks from slow_turn(null, null, 'w', null, null, null, null, 10, null, null, null, 60) t",
  );
  await until('the claim waits before the gates', async () => (await waitingFor(db.pool, LOCK)) === 1);
  await unpauseScope(db.pool, { target: SKEPTIC, by: 'dana' });
  await holder.query('select pg_advisory_unlock($1)', [LOCK]);
  holder.release();
  expect(ids(JSON.parse((await claimed).rows[0]?.tasks ?? '[]')).toSorted()).toEqual([atGate, walked].toSorted());
  expect(await verify()).toMatchObject({ claims_checked: 2, violations: [] });
  await db.pool.query('drop function slow_turn');
});

test('a claim is judged by what it saw: not by a pause that committed later, although its id is lower', async () => {
  const [id = ''] = await add(db.pool, { agent_id: 'skeptic' });
  const slow = await db.pool.connect();
  await slow.query('begin');
  await slow.query(
    `insert into senate_pause (scope_kind, scope_value, paused_by, reason)
       values ('agent', 'skeptic', 'dana', 'slow to commit')`,
  );
  await pause(db.pool, { kind: 'agent', value: 'other' });
  expect(ids(await claim(db.pool))).toEqual([id]);
  await slow.query('commit');
  slow.release();
  expect(await verify()).toMatchObject({ claims_checked: 1, violations: [] });
});

test('claims before a pause, after its end and of other labels are in order; so are those that nobody can judge, which are counted apart', async () => {
  const [before = ''] = await add(db.pool, { agent_id: 'skeptic' });
  const [run] = await claim(db.pool);
  await pause(db.pool, SKEPTIC);
  await completeRun(db.pool, before, run?.run_id ?? '', null);
  await add(db.pool, { agent_id: 'librarian' }, { agent_id: 'skeptic' });
  expect(await claim(db.pool)).toHaveLength(1);
  await unpauseScope(db.pool, { target: SKEPTIC, by: 'dana' });
  expect(await claim(db.pool)).toHaveLength(1);
  await db.pool.query(
    "insert into task_events (task_id, run_id, kind, by, data) values ($1, gen_random_uuid(), 'claimed', 'old', '{}')",
    [before],
  );
  expect(await verify()).toMatchObject({
    claims_checked: 4,
    claims_unknown: 1,
    unknown: [{ task_id: before, why: 'no_snapshot' }],
    violations: [],
  });
});

test('P1 nothing starts while paused, with six claimers at work and a scope paused and let go forty times: every claim says so itself', async () => {
  await add(db.pool, ...Array.from({ length: 900 }, (_, n) => ({ agent_id: n % 2 === 0 ? 'skeptic' : 'librarian' })));
  let done = false;
  const claimers = Array.from({ length: 6 }, async (_, n) => {
    while (!done) await claim(db.pool, { worker: `w-${n}`, limit: 2 });
  });
  for (let round = 0; round < 40; round++) {
    await pause(db.pool, SKEPTIC);
    await unpauseScope(db.pool, { target: SKEPTIC, by: 'dana' });
  }
  done = true;
  await Promise.all(claimers);
  const verdict = await verify();
  expect(verdict.violations).toEqual([]);
  expect(verdict.claims_checked).toBeGreaterThan(0);
  expect(verdict.claims_unknown).toBe(0);
});

test('a run keeps the newest pause event that its claim saw', async () => {
  const [id] = await add(db.pool, { agent_id: 'librarian' });
  await pause(db.pool, SKEPTIC);
  await claim(db.pool);
  const {
    rows: [row],
  } = await db.pool.query<{ kept: string; newest: string; told: string }>(
    `select t.admitted_under as kept, (select max(e.id) from senate_events e where e.type like 'pause.%') as newest,
            (select e.data ->> 'admitted_under'
               from task_events e
              where e.task_id = t.id
                and e.kind = 'claimed') as told
              from tasks t
              where t.id = $1`,
    [id],
  );
  expect(row).toEqual({ kept: row?.newest, newest: row?.newest, told: row?.newest });
});

/** A claim as a gate that does not hold would have written it. */
const claimAnyway = async (id: string): Promise<void> => {
  await db.pool.query(
    `insert into task_events (task_id, run_id, kind, by, data)
       values ($1, gen_random_uuid(), 'claimed', 'w-broken',
               jsonb_build_object('snapshot', pg_current_snapshot()::text))`,
    [id],
  );
};

test('P1 a claim is judged by the labels and the scope of its time, whatever task and pause have been given since by SQL', async () => {
  await pause(db.pool, SKEPTIC);
  const [fine = ''] = await add(db.pool, { agent_id: 'librarian' });
  expect(ids(await claim(db.pool))).toEqual([fine]);
  await db.pool.query("update tasks set agent_id = 'skeptic' where id = $1", [fine]);
  expect(await verify()).toMatchObject({ violations: [] });
  const [broken = ''] = await add(db.pool, { agent_id: 'skeptic' });
  await claimAnyway(broken);
  await db.pool.query("update tasks set agent_id = 'librarian' where id = $1", [broken]);
  await db.pool.query(
    `update senate_pause set scope_value = 'other', paused_at = now() - interval '1 day',
       cleared_at = now() - interval '1 hour', cleared_by = 'dana'
       where cleared_at is null and scope_value = 'skeptic'`,
  );
  expect(await verify()).toMatchObject({
    claims_checked: 2,
    violations: [{ task_id: broken, scope_kind: 'agent', scope_value: 'skeptic' }],
  });
});

describe('P1 in a database that was restored into another cluster, where transactions are counted anew', () => {
  /** As if all events so far came from elsewhere, with ids that lie in this cluster's future, and this long ago. */
  const moved = async (age: string): Promise<void> => {
    await db.pool.query(
      `update senate_events set xid = '900000000000'::xid8, cluster = 'old', at = at - $1::interval
         where type like 'pause.%'`,
      [age],
    );
    const elsewhere = '{"cluster": "old", "snapshot": "900000000000:900000000000:"}';
    await db.pool.query(
      "update event_batches set shared = shared || $1, at = at - $2::interval where kind = 'claimed'",
      [elsewhere, age],
    );
    await db.pool.query("update task_event_rows set data = data || $1, at = at - $2::interval where kind = 'claimed'", [
      elsewhere,
      age,
    ]);
  };

  test('a claim after the restore is judged by the pauses that came with it', async () => {
    const [id = ''] = await add(db.pool, { agent_id: 'skeptic' });
    await pause(db.pool, SKEPTIC);
    await moved('0 s');
    await claimAnyway(id);
    expect(await verify()).toMatchObject({ claims_checked: 1, claims_unknown: 0, violations: [{ task_id: id }] });
  });

  test('claims from before it are not judged by pauses from after it, and still by those of their own cluster', async () => {
    const [before = '', broken = ''] = await add(db.pool, { agent_id: 'librarian' }, { agent_id: 'skeptic' });
    expect(ids(await claim(db.pool))).toEqual([before, broken]);
    await moved('0 s');
    await pause(db.pool, SKEPTIC);
    expect(await verify()).toMatchObject({ claims_checked: 2, claims_unknown: 0, violations: [] });
  });

  test('what neither the ids nor the clocks tell is named as not judged', async () => {
    const [id = ''] = await add(db.pool, { agent_id: 'skeptic' });
    await claim(db.pool);
    await pause(db.pool, SKEPTIC);
    // Two earlier clusters, neither of them this one.
    await db.pool.query("update senate_events set cluster = 'first' where type like 'pause.%'");
    await db.pool.query(`update event_batches set shared = shared || '{"cluster": "second"}' where kind = 'claimed'`);
    expect(await verify()).toMatchObject({
      claims_checked: 1,
      claims_unknown: 1,
      violations: [],
      unknown: [{ task_id: id, why: 'other_cluster' }],
    });
  });
});

test('every claim of a session says which cluster counted its transactions', async () => {
  await add(db.pool, {}, {});
  const session = await db.pool.connect();
  for (let claims = 0; claims < 2; claims++) expect(await claim(session, { limit: 1 })).toHaveLength(1);
  session.release();
  const { rows } = await db.pool.query<{ same: boolean }>(
    `select e.data ->> 'cluster' is not distinct from cluster_id() as same
       from task_events e
      where e.kind = 'claimed'
      order by e.id desc
      limit 2`,
  );
  expect(rows).toEqual([{ same: true }, { same: true }]);
});
