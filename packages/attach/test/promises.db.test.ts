import type { Database } from '@orchestra/database';
import { pauseScope, settleClaims, settleSnapshots } from '@orchestra/pause-core';
import { testDatabase, until } from '@orchestra/testkit';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { attach } from '../src/index.ts';
import { boss, dbosEngine, dbosLimits, graphile, type Job, type TestEngine } from './engines.ts';
import { testRoles } from './roles.ts';

/** Red without policy and trigger: `ORCHESTRA_TEST_NO_BRAKE=1`. */
const WITHOUT = process.env['ORCHESTRA_TEST_NO_BRAKE'] === '1';

describe.each([
  ['graphile-worker', graphile],
  ['pg-boss', boss],
  ['dbos', dbosEngine],
] as const)('%s', (name, engine: TestEngine) => {
  const roles = testRoles('owner', 'worker');
  const db = testDatabase();
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    await db.pool.query(`grant create on database ${new URL(db.url).pathname.slice(1)} to ${roles.name('owner')}`);
    await engine.install(roles.urlAs('owner', db.url));
    for (const grant of engine.grants(roles.name('worker'))) await db.pool.query(grant);
    if (!WITHOUT) await attach(db.pool, name, engine.queue);
  });

  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    await db.pool.query(`truncate ${engine.table} cascade`);
    await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  });

  const urlAs = (role: string): string => (role === 'superuser' ? db.url : roles.urlAs(role, db.url));
  const pause = (agent: string, ttlSeconds: number | null = null, settleTimeoutMs?: number) =>
    pauseScope(
      db.pool,
      { scope: { kind: 'agent', value: agent }, reason: 'stop', ttlSeconds, by: 'dana', source: 'person' },
      { settleTimeoutMs },
    );
  const clear = (id: string) =>
    db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'dana' where id = $1", [id]);
  const job = (n: string): Job => ({ n, agent_id: n.startsWith('A') ? 'skeptic' : 'librarian' });

  /** Starts a worker, and tells the jobs that it has begun. */
  async function work(
    role: string,
    handle: (job: Job) => Promise<void> | void = () => {},
  ): Promise<{ begun: string[]; stop: () => Promise<void> }> {
    const begun: string[] = [];
    const stop = await engine.work(urlAs(role), (done) => {
      begun.push(done.n);
      return handle(done);
    });
    const once = (): Promise<void> => {
      stops.splice(stops.indexOf(once), 1);
      return stop();
    };
    stops.push(once);
    return { begun, stop: once };
  }

  /** As many claims as it takes to be sure that the worker has looked again: a free job at the end has run. */
  async function lookedAgain(begun: string[], last: string): Promise<void> {
    await engine.add(db.pool, [job(last)]);
    await until(`${last} has run`, () => begun.includes(last));
  }

  /**
   * Claims have looked while a covered job stood in front. Under a superuser, whom no policy binds, a free job behind
   * it waits, so that none is added.
   *
   * @returns the free jobs that have run by that
   */
  async function lookedPast(role: string, begun: string[], last: string): Promise<string[]> {
    if (role === 'superuser') {
      await claimsHaveLooked(db.pool);
      return [];
    }
    await lookedAgain(begun, last);
    return [last];
  }

  describe.each(['owner', 'worker'])('as %s', (role) => {
    test('P1 P9 no paused job of a foreign queue starts, those behind it do, and after the pause it comes in its old order', async () => {
      const { pause: made } = await pause('skeptic');
      await engine.add(db.pool, ['A1', 'B1', 'A2', 'B2', 'A3'].map(job));
      const { begun } = await work(role);
      await until('the free jobs have run', () => begun.includes('B1') && begun.includes('B2'));
      await lookedAgain(begun, 'B3');
      expect(begun).toEqual(['B1', 'B2', 'B3']);
      expect(await counted(db.pool, engine.untouched)).toBe(3);
      await clear(made.id);
      await until('the paused jobs have run', () => begun.length === 6);
      expect(begun.slice(3)).toEqual(['A1', 'A2', 'A3']);
    });

    test('P1 P19 of a pause that names two labels a foreign queue holds the jobs that carry both', async () => {
      const scope = { kind: 'quest', value: 'q-7', also: { agent: 'skeptic' } } as const;
      const { pause: made } = await pauseScope(db.pool, {
        scope,
        reason: 'stop',
        ttlSeconds: null,
        by: 'dana',
        source: 'person',
      });
      await engine.add(db.pool, [
        { n: 'A1', agent_id: 'skeptic', quest_id: 'q-7' },
        { n: 'A2', agent_id: 'skeptic' },
        { n: 'B1', agent_id: 'librarian', quest_id: 'q-7' },
      ]);
      const { begun } = await work(role);
      await until('the free jobs have run', () => begun.length === 2);
      await lookedAgain(begun, 'B2');
      expect(begun).toEqual(['A2', 'B1', 'B2']);
      await clear(made.id);
      await until('the paused job has run', () => begun.length === 4);
    });
  });

  describe.each(['owner', 'superuser', 'worker'])('as %s', (role) => {
    test('P4 a job of a foreign queue that was in flight goes on to its end; one that fails is not tried again while it is paused', async () => {
      await engine.add(db.pool, [job('A1')]);
      const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
      let fails = true;
      const { begun } = await work(role, async ({ n }) => {
        if (n === 'A1') {
          await held;
          if (fails && engine.retries !== undefined) throw new Error('this time');
        }
      });
      await until('it is in flight', () => begun.length === 1);
      const { pause: made, settled } = await pause('skeptic');
      expect(settled).toBe(true);
      letGo();
      const { retries } = engine;
      if (retries === undefined) {
        await lookedAgain(begun, 'B1');
        expect(begun).toEqual(['A1', 'B1']); // and A1 has ended, or B1 would wait for it
        return;
      }
      await until('it is back', async () => (await counted(db.pool, retries.waiting)) === 1);
      await db.pool.query(retries.makeDue);
      const free = await lookedPast(role, begun, 'B1');
      expect(begun).toEqual(['A1', ...free]);
      fails = false;
      await clear(made.id);
      await until('it has been tried again', () => begun.length === free.length + 2);
      expect(begun).toEqual(['A1', ...free, 'A1']);
    });

    test('P5 a new worker of a foreign queue starts nothing that is paused', async () => {
      await engine.add(db.pool, [job('A1')]);
      await pause('skeptic');
      for (const free of ['B1', 'B2']) {
        const { begun, stop } = await work(role);
        const ran = await lookedPast(role, begun, free);
        expect(begun).toEqual(ran);
        await stop();
      }
    });

    test('P7 a job of a foreign queue waits until the last pause that covers it has ended', async () => {
      const [first, second] = [await pause('skeptic'), await pause('skeptic')];
      await engine.add(db.pool, [job('A1')]);
      const { begun } = await work(role);
      await clear(first.pause.id);
      const free = await lookedPast(role, begun, 'B1');
      expect(begun).toEqual(free);
      await clear(second.pause.id);
      await until('it has run', () => begun.length === free.length + 1);
    });

    test('P8 a pause ends for a foreign queue by the clock of the database, without any process of ours', async () => {
      await engine.add(db.pool, [job('A1')]);
      const { pause: made } = await pause('skeptic', 3_600);
      const { begun } = await work(role);
      const free = await lookedPast(role, begun, 'B1');
      expect(begun).toEqual(free);
      await db.pool.query("update senate_pause set paused_at = paused_at - interval '2 hours' where id = $1", [
        made.id,
      ]);
      await until('it has run', () => begun.length === free.length + 1);
      const {
        rows: [row],
      } = await db.pool.query('select p.cleared_at from senate_pause p where p.id = $1', [made.id]);
      expect(row.cleared_at).toBeNull();
    });
  });

  test('P1 P9 a superuser, whom no policy binds, gets no paused job of a foreign queue either', async () => {
    const { pause: made } = await pause('skeptic');
    await engine.add(db.pool, ['B1', 'A1', 'A2'].map(job));
    const { begun } = await work('superuser');
    await until('the free job has run', () => begun.length > 0);
    await until('the claim has met a paused job', async () => await claimsHaveLooked(db.pool));
    expect(begun).toEqual(['B1']);
    await clear(made.id);
    await until('the paused jobs have run', () => begun.length === 3);
    expect(begun).toEqual(['B1', 'A1', 'A2']);
  });

  describe.each(['owner', 'superuser', 'worker'])('as %s', (role) => {
    test('P2 a claim of a foreign queue that began before the pause is waited for', async () => {
      const letGo = await holdClaims(db.pool, engine.table, stops, 'after');
      await engine.add(db.pool, [job('A1')]);
      const { begun } = await work(role);
      await until('a claim is under way', () => isHeldUp(db.pool));
      const { settled } = await pause('skeptic', null, 50);
      expect(settled).toBe(false);
      await letGo();
      await until('it has its job', () => begun.length === 1);
      expect(await settleClaims(db.pool)).toBe(true);
    });

    test('P2 a claim of a foreign queue that has not looked yet when a pause is made sees it', async () => {
      const letGo = await holdClaims(db.pool, engine.table, stops, 'before');
      await engine.add(db.pool, [job('A1')]);
      const { begun } = await work(role);
      await until('a claim is under way', () => isHeldUp(db.pool));
      const { pause: made, settled } = await pause('skeptic', null, 50);
      // The claim of one whom no policy binds does not name the marker before our trigger looks, and then it sees the
      // pause.
      expect(settled).toBe(role === 'superuser');
      await letGo();
      expect(await settleClaims(db.pool)).toBe(true);
      expect(begun).toEqual([]);
      expect(await counted(db.pool, engine.untouched)).toBe(1);
      await clear(made.id);
      await until('it has run', () => begun.length === 1);
    });
  });

  test.runIf(engine === dbosEngine)(
    'P2 a claim under REPEATABLE READ, as DBOS makes for a limit that executors share, is waited for; from then on no covered workflow starts',
    async () => {
      dbosLimits.shared = true;
      stops.unshift(async () => {
        dbosLimits.shared = false;
      });
      const letGo = await holdClaims(db.pool, engine.table, stops, 'before');
      await engine.add(db.pool, [job('A1')]);
      const { begun } = await work('worker');
      await until('a claim is under way', () => isHeldUp(db.pool));
      const receipt = await pauseScope(db.pool, {
        scope: { kind: 'agent', value: 'skeptic' },
        reason: 'stop',
        ttlSeconds: null,
        by: 'dana',
        source: 'person',
      });
      expect(await settleSnapshots(db.pool, receipt.pause.id, { timeoutMs: 50 })).toBe(false);
      await letGo();
      await until(
        'no older snapshot is left',
        async () => (await settleSnapshots(db.pool, receipt.pause.id, { timeoutMs: 1_000 })) === true,
      );
      // What began before may have it; nothing else starts.
      const atSettled = [...begun];
      await engine.add(db.pool, [job('A2')]);
      await lookedAgain(begun, 'B1');
      expect(begun).toEqual([...new Set([...atSettled, ...begun.filter((n) => n === 'A1')]), 'B1']);
    },
  );

  test('P1 a foreign queue is held while a pause tries a test task, and while it lets a backlog go', async () => {
    const { pause: made } = await pauseScope(db.pool, {
      scope: { kind: 'agent', value: 'skeptic' },
      reason: 'stop',
      ttlSeconds: 60,
      endsAs: 'probe',
      by: 'dana',
      source: 'person',
    });
    await db.pool.query("update senate_pause set paused_at = paused_at - interval '2 minutes' where id = $1", [
      made.id,
    ]);
    await db.pool.query(`update senate_pause set probing_at = now(), probe_task_id = 4711 where id = $1`, [made.id]);
    await engine.add(db.pool, ['A1', 'B1'].map(job));
    const { begun } = await work('worker');
    await lookedAgain(begun, 'B2');
    expect(begun).toEqual(['B1', 'B2']);
    // A backlog that is let go: the pause names a task and does not probe.
    await db.pool.query("update senate_pause set ends_as = 'resume', ttl_seconds = null where id = $1", [made.id]);
    await db.pool.query('update senate_pause set probing_at = null, probe_task_id = 4711 where id = $1', [made.id]);
    await lookedAgain(begun, 'B3');
    expect(begun).toEqual(['B1', 'B2', 'B3']);
    await clear(made.id);
    await until('the paused job has run', () => begun.length === 4);
  });

  test('a job without a label is not covered; the name of its task or queue is a skill', async () => {
    await pause('skeptic');
    await engine.add(db.pool, [{ n: 'plain' }]);
    const { begun } = await work('worker');
    await until('it has run', () => begun.length === 1);
    const { pause: byName } = await pauseScope(db.pool, {
      scope: { kind: 'skill', value: 'lint' },
      reason: 'stop',
      ttlSeconds: null,
      by: 'dana',
      source: 'person',
    });
    await engine.add(db.pool, [{ n: 'named' }]);
    await until('a claim has looked', async () => await claimsHaveLooked(db.pool));
    expect(begun).toEqual(['plain']);
    await clear(byName.id);
    await until('it has run', () => begun.length === 2);
  });
});

/** Holds every claim up, as a slow disk does: before or after our trigger has looked. @returns how to let them go */
async function holdClaims(
  db: Database,
  table: string,
  stops: (() => Promise<void>)[],
  when: 'before' | 'after',
): Promise<() => Promise<void>> {
  const client = await db.connect();
  await client.query('select pg_advisory_lock(4711)');
  await db.query(
    `create or replace function hold() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(4711); return new; end $$`,
  );
  await db.query(
    `create trigger ${when === 'before' ? 'aa' : 'zz'}_hold before update on ${table} for each row
       execute function hold()`,
  );
  let isHeld = true;
  const letGo = async (): Promise<void> => {
    if (!isHeld) return;
    isHeld = false;
    await client.query('select pg_advisory_unlock(4711)');
    client.release();
  };
  stops.unshift(async () => {
    await letGo();
    await db.query(`drop trigger ${when === 'before' ? 'aa' : 'zz'}_hold on ${table}`);
  });
  return letGo;
}

async function isHeldUp(db: Database): Promise<boolean> {
  return (
    (
      await db.query(
        `select from pg_locks l
          where l.locktype = 'advisory'
            and not l.granted
            and l.objid = 4711
            and l.database = (select d.oid from pg_database d where d.datname = current_database())`,
      )
    ).rowCount === 1
  );
}

async function counted(db: Database, sql: string): Promise<number> {
  const {
    rows: [row],
  } = await db.query<{ count: number }>(sql);
  return row?.count ?? -1;
}

/** Two claims that began after this call have read the pauses, by the server's own statistics. */
async function claimsHaveLooked(db: Database): Promise<boolean> {
  const scans = async (): Promise<number> => {
    const {
      rows: [row],
    } = await db.query<{ scans: number }>(
      `select pg_stat_clear_snapshot(), (coalesce(s.seq_scan, 0) + coalesce(s.idx_scan, 0))::int as scans
         from pg_stat_user_tables s
        where s.relname = 'senate_pause'`,
    );
    return row?.scans ?? 0;
  };
  const before = await scans();
  await until('claims have read the pauses', async () => (await scans()) > before + 1);
  return true;
}
