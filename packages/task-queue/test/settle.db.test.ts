import { inTransaction, makePool, type Queryable } from '@orchestra/database';
import { listActivePauses, pauseScope, settleClaims } from '@orchestra/pause-core';
import { PATIENT, testDatabase, until } from '@orchestra/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { announceQuiet, completeRun, finishRuns, pauseWithReceipt, tasksOf, turn } from '../src/index.ts';
import { add, claim, ids, pause, waitingFor } from './fixtures.ts';

const db = testDatabase();
const QUEST = { kind: 'quest', value: 'q-7' } as const;

beforeEach(async () => {
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
});

/** A claim that has taken its tasks and has not committed: what a slow disk or a frozen process makes of any claim. */
async function openClaim() {
  const client = await db.pool.connect();
  await client.query('begin');
  const tasks = await claim(client);
  return {
    tasks,
    end: async () => {
      await client.query('commit');
      client.release();
    },
  };
}

describe('P2 settle', () => {
  test('P2 a claim that began before the pause is waited out, and its run stands in the receipt', async () => {
    const [id] = await add(db.pool, { quest_id: 'q-7' });
    const earlier = await openClaim();
    expect(ids(earlier.tasks)).toEqual([id]);
    let answered = false;
    const pausing = pauseWithReceipt(
      db.pool,
      { scope: QUEST, reason: 'stop', ttlSeconds: null, by: 'dana', source: 'person' },
      { settleTimeoutMs: 30_000 },
    ).finally(() => {
      answered = true;
    });
    // The row is visible, to everyone, while the call still waits.
    await until('the pause is committed', async () => (await listActivePauses(db.pool, QUEST)).length === 1);
    await until('the settle has looked more than once', async () => {
      const {
        rows: [row],
      } = await db.pool.query(
        `select count(*)::int as looks
           from pg_stat_activity
          where query like '%claim_marker%regclass%'
            and state is not null`,
      );
      return row.looks > 0;
    });
    expect(answered).toBe(false);
    await earlier.end();
    const receipt = await pausing;
    expect(receipt).toMatchObject({ settled: true, in_flight_count: 1, queued: 0 });
    expect(receipt.in_flight?.map((run) => run.task_id)).toEqual([id]);
  });

  test('P2 a claim that outlives the bound is told truthfully: settled is false, and the pause holds all the same', async () => {
    await add(db.pool, { quest_id: 'q-7' }, { quest_id: 'q-7' });
    const client = await db.pool.connect();
    await client.query('begin');
    const { rowCount } = await client.query('select from claim_marker');
    expect(rowCount).toBe(0);
    const { settled } = await pauseScope(
      db.pool,
      { scope: QUEST, reason: 'stop', ttlSeconds: null, by: 'dana', source: 'person' },
      { settleTimeoutMs: 50 },
    );
    expect(settled).toBe(false);
    expect(await claim(db.pool)).toEqual([]);
    await client.query('rollback');
    client.release();
    expect(await settleClaims(db.pool)).toBe(true);
  });

  test('P2 enqueuing, reading and dumping are not waited for', async () => {
    const client = await db.pool.connect();
    await client.query('begin isolation level repeatable read');
    await client.query('lock table tasks in access share mode');
    await client.query('select * from tasks');
    expect(await settleClaims(db.pool, { timeoutMs: 0 })).toBe(true);
    await client.query('rollback');
    client.release();
  });

  test('P2 trap: a lock taken inside the claim’s own statement protects nothing (the broken form leaks)', async () => {
    const LOCK = 77;
    await add(db.pool, { quest_id: 'q-7' });
    const settler = await db.pool.connect();
    await settler.query('select pg_advisory_lock($1)', [LOCK]);
    // Lock and read in one statement: the snapshot is taken before the wait for the lock.
    const broken = db.pool.query<{ id: string }>(`
      with gate as materialized (select pg_advisory_xact_lock_shared(${LOCK})), task as (
        select t.id from tasks t, gate g
         where t.status = 'queued'
           and not exists (select from active_pauses p where p.scope_kind = 'quest' and p.scope_value = t.quest_id))
      select id from task`);
    await until('the broken claim waits for the lock', async () => (await waitingFor(db.pool, LOCK)) === 1);
    await pause(db.pool, QUEST);
    await settler.query('select pg_advisory_unlock($1)', [LOCK]);
    settler.release();
    expect(
      (await broken).rows,
      'it took a task although the pause was committed and every earlier claim had ended',
    ).toHaveLength(1);
    expect(await claim(db.pool), 'the gate as built does not').toEqual([]);
  });

  test('P2 trap: pauses that a statement before the claim’s has read protect nothing (the broken function leaks)', async () => {
    const LOCK = 78;
    await add(db.pool, { quest_id: 'q-7' }, { quest_id: 'q-7' });
    const {
      rows: [whole],
    } = await db.pool.query<{ source: string }>("select pg_get_functiondef('orchestra_turn'::regproc) as source");
    // Both wait between the two statements, as a claim would behind a slow ending. One of them reads the pauses before
    // that.
    const made = async (name: string, ...edits: [string, string][]): Promise<void> => {
      const changed = [
        ['FUNCTION orchestra.orchestra_turn(', `FUNCTION orchestra.${name}(`] as const,
        ['orchestra_turn.host', `${name}.host`] as const,
        ...edits,
      ].reduce((text, [find, replace]) => {
        expect(text, find).toContain(find);
        return text.replaceAll(find, replace);
      }, whole?.source ?? '');
      await db.pool.query(changed);
    };
    const wait = `clock := clock_timestamp(); perform pg_advisory_xact_lock_shared(${LOCK});`;
    await made('sound_turn', ['clock := clock_timestamp();', wait]);
    await made(
      'leaking_turn',
      [
        'clock := clock_timestamp();',
        `perform set_config('orchestra.read_before', (select coalesce(jsonb_object_agg(p.scope_kind || ' ' ` +
          `|| p.scope_value, true), '{}') from active_pauses p)::text, true); ${wait}`,
      ],
      [
        "select coalesce(jsonb_object_agg(p.scope_kind || ' ' || p.scope_value, true) " +
          "filter (where p.also is null), '{}') as scopes,",
        "select case when count(*) >= 0 then current_setting('orchestra.read_before')::jsonb end as scopes,",
      ],
    );
    const holder = await db.pool.connect();
    await holder.query('select pg_advisory_lock($1)', [LOCK]);
    const call = (name: string) =>
      db.pool.query<{ claimed: number }>(
        `select t.claimed from ${name}(null, null, 'w', null, null, null, null, 1, null, null, null, 60) t`,
      );
    const leaking = call('leaking_turn');
    const sound = call('sound_turn');
    await until('both wait', async () => (await waitingFor(db.pool, LOCK)) === 2);
    expect(await pause(db.pool, QUEST), 'no claim is under way yet').toMatchObject({ settled: true });
    await holder.query('select pg_advisory_unlock($1)', [LOCK]);
    holder.release();
    expect((await leaking).rows, 'it took a task although the pause had settled').toEqual([{ claimed: 1 }]);
    expect((await sound).rows, 'the gate as built does not').toEqual([{ claimed: 0 }]);
    await db.pool.query('drop function sound_turn, leaking_turn');
  });

  test('P2 trap: under REPEATABLE READ the claim would read an old snapshot; the pool’s transactions are READ COMMITTED', async () => {
    await db.pool.query(
      `alter role current_user in database ${new URL(db.url).pathname.slice(1)} set ` +
        `default_transaction_isolation = 'repeatable read'`,
    );
    const { makePool } = await import('@orchestra/database');
    const pool = makePool({ connectionString: db.url, applicationName: 'test', ...PATIENT });
    try {
      const { rows } = await inTransaction(pool, (tx) => tx.query('show transaction_isolation'));
      expect(rows).toEqual([{ transaction_isolation: 'read committed' }]);
    } finally {
      await pool.end();
      await db.pool.query(
        `alter role current_user in database ${new URL(db.url).pathname.slice(1)} reset default_transaction_isolation`,
      );
    }
  });

  test('P2 no call that ends runs and claims takes a covered task after the receipt, with eight claimers at work', async () => {
    await add(db.pool, ...Array.from({ length: 900 }, (_, index) => ({ quest_id: `q-${index % 9}` })));
    let working = true;
    const late: string[] = [];
    const settledQuests = new Set<string>();
    const claimer = async (): Promise<void> => {
      let held: { id: string; run_id: string }[] = [];
      while (working) {
        const stoppedBefore = new Set(settledQuests);
        const tasks = tasksOf(
          await turn(db.pool, {
            endings: held.map(({ id, run_id }) => ({ as: 'released', id, run_id, cause: 'shutdown' })),
            claim: { worker: 'w', limit: 5 },
          }),
        );
        for (const task of tasks) if (stoppedBefore.has(task.quest_id ?? '')) late.push(task.id);
        held = tasks;
      }
    };
    const claimers = Array.from({ length: 8 }, claimer);
    for (let quest = 0; quest < 8; quest++) {
      const { settled } = await pause(db.pool, { kind: 'quest', value: `q-${quest}` });
      if (settled) settledQuests.add(`q-${quest}`);
    }
    working = false;
    await Promise.all(claimers);
    expect(settledQuests.size).toBeGreaterThan(0);
    expect(late).toEqual([]);
  });

  test('P2 no claim that answers after the receipt holds a covered task, with eight claimers at work', async () => {
    await add(db.pool, ...Array.from({ length: 900 }, (_, index) => ({ quest_id: `q-${index % 9}` })));
    let working = true;
    const late: string[] = [];
    const settledQuests = new Set<string>();
    const claimer = async (): Promise<void> => {
      while (working) {
        const stoppedBefore = new Set(settledQuests);
        for (const task of await claim(db.pool, { limit: 5 })) {
          if (stoppedBefore.has(task.quest_id ?? '')) late.push(task.id);
          await completeRun(db.pool, task.id, task.run_id, null);
          await add(db.pool, { quest_id: task.quest_id });
        }
      }
    };
    const claimers = Array.from({ length: 8 }, claimer);
    for (let quest = 0; quest < 8; quest++) {
      const { settled } = await pause(db.pool, { kind: 'quest', value: `q-${quest}` });
      if (settled) settledQuests.add(`q-${quest}`);
    }
    working = false;
    await Promise.all(claimers);
    expect(settledQuests.size).toBeGreaterThan(0);
    expect(late).toEqual([]);
  });
});

describe('quiet', () => {
  test('pause.quiet is told once, after the last run in flight has ended and not before', async () => {
    const [id = ''] = await add(db.pool, { quest_id: 'q-7' });
    const [run] = await claim(db.pool);
    const { pause: made } = await pause(db.pool, QUEST);
    expect(await announceQuiet(db.pool)).toBe(0);
    await completeRun(db.pool, id, run?.run_id ?? '', null);
    expect(await announceQuiet(db.pool)).toBe(1);
    expect(await announceQuiet(db.pool)).toBe(0);
    const { rows } = await db.pool.query("select type from senate_events where data ->> 'id' = $1 order by id", [
      made.id,
    ]);
    expect(rows).toEqual([{ type: 'pause.created' }, { type: 'pause.quiet' }]);
  });

  test('a claim that has not committed yet keeps a pause from being called quiet', async () => {
    await add(db.pool, { quest_id: 'q-7' });
    const earlier = await openClaim();
    await pauseScope(
      db.pool,
      { scope: QUEST, reason: 'stop', ttlSeconds: null, by: 'dana', source: 'person' },
      { settleTimeoutMs: 0 },
    );
    expect(await announceQuiet(db.pool, { settleTimeoutMs: 20 })).toBe(0);
    await earlier.end();
    expect(await announceQuiet(db.pool)).toBe(0);
  });
});

describe('what is committed is answered, whatever can be read afterwards', () => {
  const ORDER = { scope: QUEST, reason: 'stop', ttlSeconds: null, by: 'dana', source: 'person' } as const;

  test('with tasks locked, the receipt of a pause has null for its numbers and says why', async () => {
    const impatient = makePool({ connectionString: db.url, applicationName: 'test', statementTimeoutMs: 1_500 });
    const told: unknown[] = [];
    await inTransaction(db.pool, async (tx) => {
      await tx.query('lock table tasks in access exclusive mode');
      const receipt = await pauseWithReceipt(impatient, ORDER, { onNotRead: ({ cause }) => told.push(cause) });
      expect(receipt).toMatchObject({
        settled: true,
        in_flight: null,
        in_flight_count: null,
        claimed_ahead: null,
        claimed_ahead_count: null,
        queued: null,
        queued_more: null,
        label_known: null,
      });
      expect(receipt.not_read).toMatch(/^its numbers: the database did not answer in time/);
    });
    expect(told).toHaveLength(1);
    expect(await listActivePauses(db.pool, QUEST)).toHaveLength(1);
    await impatient.end();
  });

  test('an ending that was accepted is answered when the reason why another was refused cannot be read', async () => {
    await add(db.pool, {}, {});
    const [first, second] = await claim(db.pool, { limit: 2 });
    if (first === undefined || second === undefined) throw new Error('two tasks were added');
    const failing: Queryable = new Proxy<Queryable>(Object.create(db.pool), {
      get:
        () =>
        (...call: unknown[]) =>
          typeof call[0] === 'string' && call[0].includes('why_not_owner')
            ? Promise.reject(new Error('Connection terminated'))
            : Reflect.apply(db.pool.query.bind(db.pool), undefined, call),
    });
    const [ended, refused] = await finishRuns(failing, [
      { as: 'completed', id: first.id, run_id: first.run_id },
      { as: 'completed', id: second.id, run_id: first.run_id },
    ]);
    expect(ended).toMatchObject({ outcome: 'accepted', status: 'succeeded' });
    expect(refused).toMatchObject({
      outcome: 'refused',
      refused: { code: 'run_not_owner', detail: expect.stringContaining('could not be read') },
    });
    await expect(finishRuns(failing, [{ as: 'completed', id: second.id, run_id: first.run_id }])).rejects.toThrow(
      'Connection terminated',
    );
  });
});
