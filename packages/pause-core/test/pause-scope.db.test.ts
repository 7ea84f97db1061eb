import { makePool, migrate } from '@orchestra/database';
import { PATIENT, startOwnServer, testDatabase } from '@orchestra/testkit';
import pg from 'pg';
import { describe, expect, inject, test } from 'vitest';
import {
  closeExpiredPauses,
  listActivePauses,
  listEndedPauses,
  pauseScope,
  unpauseScope,
  type PauseOrder,
} from '../src/index.ts';

const db = testDatabase();
let count = 0;
const order = (more: Partial<PauseOrder> = {}): PauseOrder => ({
  scope: { kind: 'agent', value: `a-${++count}` },
  reason: 'runaway loop',
  ttlSeconds: null,
  by: 'dana',
  source: 'person',
  ...more,
});
const eventsOf = async (id: string) =>
  (await db.pool.query("select type from senate_events where data ->> 'id' = $1 order by id", [id])).rows.map(
    (row) => row.type,
  );

describe('pause and unpause', () => {
  test('P7 clearing one of two pauses on a scope leaves the other', async () => {
    const { scope } = order();
    const one = await pauseScope(db.pool, order({ scope }));
    const two = await pauseScope(db.pool, order({ scope, by: 'senate.auto', source: 'machine', ttlSeconds: 60 }));
    const { cleared, stillPaused } = await unpauseScope(db.pool, { target: { id: two.pause.id }, by: 'sam' });
    expect(cleared).toMatchObject([{ id: two.pause.id, clearedBy: 'sam' }]);
    expect(stillPaused).toMatchObject([{ id: one.pause.id, clearedAt: null }]);
  });

  test('a row that no reader could make sense of is refused at every door', async () => {
    const insert = 'insert into senate_pause (scope_kind, scope_value, paused_at) values ($1, $2, $3)';
    for (const time of ['infinity', '-infinity', '294276-01-01Z']) {
      await expect(db.pool.query(insert, ['agent', 'odd', time])).rejects.toMatchObject({
        constraint: 'senate_pause_paused_at_check',
      });
    }
    await expect(db.pool.query(insert, ['planet', 'odd', 'now'])).rejects.toMatchObject({
      constraint: 'senate_pause_scope_kind_check',
    });
  });

  test('unpausing a scope clears all that is active on it and says which', async () => {
    const { scope } = order();
    const made = [
      await pauseScope(db.pool, order({ scope })),
      await pauseScope(db.pool, order({ scope, ttlSeconds: 60 })),
    ];
    const { cleared, stillPaused } = await unpauseScope(db.pool, { target: scope, by: 'sam' });
    expect(cleared.map((pause) => pause.id)).toEqual(made.map(({ pause }) => pause.id));
    expect(stillPaused).toEqual([]);
    expect((await unpauseScope(db.pool, { target: scope, by: 'sam' })).cleared).toEqual([]);
  });

  test('one name in two spellings of Unicode is one scope, to pause and to clear', async () => {
    const { pause } = await pauseScope(db.pool, order({ scope: { kind: 'agent', value: 'Jos\u00e9' } }));
    const other = await pauseScope(db.pool, order({ scope: { kind: 'agent', value: 'Jose\u0301' } }));
    expect(other.pause.scope).toEqual(pause.scope);
    const { cleared, stillPaused } = await unpauseScope(db.pool, {
      target: { kind: 'agent', value: 'Jose\u0301' },
      by: 'sam',
    });
    expect(cleared.map(({ id }) => id)).toEqual([pause.id, other.pause.id]);
    expect(stillPaused).toEqual([]);
  });

  test('clearing a pause that has ended says who ended it, one that never was says so', async () => {
    const { pause } = await pauseScope(db.pool, order());
    await unpauseScope(db.pool, { target: { id: pause.id }, by: 'sam' });
    await expect(unpauseScope(db.pool, { target: { id: pause.id }, by: 'kim' })).rejects.toMatchObject({
      code: 'pause_not_active',
      message: expect.stringContaining('was cleared by sam at'),
    });
    await expect(unpauseScope(db.pool, { target: { id: '999999' }, by: 'kim' })).rejects.toMatchObject({
      code: 'pause_not_found',
    });
  });
});

describe('P8 database time', () => {
  test('P8 a pause ends by the database’s clock; the sweeper closes it at that end, once', async () => {
    const { pause } = await pauseScope(db.pool, order({ ttlSeconds: 600 }));
    const {
      rows: [row],
    } = await db.pool.query(
      "update senate_pause set paused_at = paused_at - interval '601 seconds' where id = $1 returning paused_at",
      [pause.id],
    );
    expect(await listActivePauses(db.pool, pause.scope)).toEqual([]);
    expect(await closeExpiredPauses(db.pool)).toBe(1);
    expect(await closeExpiredPauses(db.pool)).toBe(0);
    const [ended] = await listEndedPauses(db.pool, { kind: 'agent', value: pause.scope.value, limit: 10 });
    expect(ended).toMatchObject({ clearedBy: 'senate.ttl', clearedAt: new Date(row.paused_at.getTime() + 600_000) });
    expect((await eventsOf(pause.id)).at(-1)).toBe('pause.expired');
  });
});

describe('P12 history', () => {
  test('P12 every change leaves a row saying who, what, when, why, and an event, by whatever door it came', async () => {
    const { pause } = await pauseScope(db.pool, order({ reason: 'botched prompt' }));
    await unpauseScope(db.pool, { target: { id: pause.id }, by: 'sam', reason: 'prompt repaired' });
    await db.pool.query(
      `insert into senate_pause (scope_kind, scope_value, paused_by, reason)
         values ('skill', 'by-hand', 'kim', 'from psql')`,
    );
    const { rows } = await db.pool.query(
      `select by, action, why
         from senate_audit
        where (subject_id = $1 and subject_kind = 'pause')
           or data ->> 'scope_value' = 'by-hand'
        order by id`,
      [pause.id],
    );
    expect(rows).toEqual([
      { by: 'dana', action: 'pause.created', why: 'botched prompt' },
      { by: 'sam', action: 'pause.cleared', why: 'prompt repaired' },
      { by: 'kim', action: 'pause.created', why: 'from psql' },
    ]);
    expect(await eventsOf(pause.id)).toEqual(['pause.created', 'pause.cleared']);
  });

  test('P12 nothing deletes or rewrites history, and the refusal says what to do instead', async () => {
    await expect(db.pool.query('delete from senate_pause')).rejects.toMatchObject({
      hint: expect.stringContaining('set cleared_at = now()'),
    });
    await expect(db.pool.query('truncate senate_pause')).rejects.toThrow('keeps its history');
    await expect(db.pool.query("update senate_audit set by = 'nobody'")).rejects.toThrow('keeps its history');
    await expect(db.pool.query('delete from senate_audit')).rejects.toThrow('keeps its history');
  });
});

describe('Idempotency-Key', () => {
  const key = (request: unknown, name: string) => ({ principal: 'dana', key: name, request });

  test('a call repeated with its key pauses once and answers the same pause', async () => {
    const what = order();
    const [one, two] = await Promise.all([
      pauseScope(db.pool, what, { idempotency: key(what, 'k1') }),
      pauseScope(db.pool, what, { idempotency: key(what, 'k1') }),
    ]);
    expect(two.pause.id).toBe(one.pause.id);
    expect(await listActivePauses(db.pool, what.scope)).toHaveLength(1);
  });

  test('a key used for something else is refused and nothing is written', async () => {
    await pauseScope(db.pool, order(), { idempotency: key('this', 'k2') });
    const other = order();
    await expect(pauseScope(db.pool, other, { idempotency: key('that', 'k2') })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
    expect(await listActivePauses(db.pool, other.scope)).toEqual([]);
  });

  test('a call that failed leaves its key free', async () => {
    await expect(unpauseScope(db.pool, { target: { id: '999999' }, by: 'dana' }, key('x', 'k3'))).rejects.toMatchObject(
      { code: 'pause_not_found' },
    );
    await expect(pauseScope(db.pool, order(), { idempotency: key('x', 'k3') })).resolves.toBeDefined();
  });
});

describe('durability', () => {
  test('F22 a pause commits with synchronous_commit on, also where the role was set to acknowledge early', async () => {
    const client = new pg.Client({ connectionString: db.url });
    await client.connect();
    try {
      await client.query('set synchronous_commit = off');
      await client.query('begin');
      await client.query("insert into senate_pause (scope_kind, scope_value) values ('agent', 'durable')");
      expect((await client.query('show synchronous_commit')).rows).toEqual([{ synchronous_commit: 'on' }]);
      await client.query('commit');
      expect((await client.query('show synchronous_commit')).rows).toEqual([{ synchronous_commit: 'off' }]);
    } finally {
      await client.end();
    }
  });

  // PostgreSQL 17 brought the setting that makes the queue small. Filling the queue of an older server takes 8 GB.
  test.skipIf(inject('postgresMajor') < 17)('F05 a full NOTIFY queue does not stop a pause', async () => {
    const server = await startOwnServer({ max_notify_queue_pages: 64 });
    const stuck = new pg.Client({ connectionString: server.url });
    const pool = makePool({ connectionString: server.url, applicationName: 'test', ...PATIENT });
    try {
      await migrate(server.url);
      await stuck.connect();
      await stuck.query('listen orchestra');
      await stuck.query('begin'); // a listener that never reads keeps the queue from moving on
      await stuck.query('select 1');
      await expect(fillNotifyQueue(pool)).rejects.toMatchObject({ code: '54000' });
      const { pause, settled } = await pauseScope(pool, order());
      expect(settled).toBe(true);
      expect(await listActivePauses(pool, pause.scope)).toHaveLength(1);
      await pool.query("insert into senate_pause (scope_kind, scope_value) values ('agent', 'by-hand')");
    } finally {
      await stuck.end();
      await pool.end();
      await server.stop();
    }
  });
});

async function fillNotifyQueue(pool: ReturnType<typeof makePool>): Promise<void> {
  for (let sent = 0; sent < 200; sent++)
    await pool.query("select pg_notify('orchestra', repeat('x', 7000) || $1)", [String(sent)]);
}
