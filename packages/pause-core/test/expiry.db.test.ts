import { testDatabase } from '@orchestra/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  autoPauseCandidates,
  checkAutoPause,
  closeExpiredPauses,
  dueEnds,
  eventsAfter,
  extendPause,
  headOfStream,
  listActivePauses,
  listEndedPauses,
  PAUSE_NEEDS_PERSON,
  PauseError,
  pauseScope,
  sequenceEvents,
  stayPauses,
  unpauseScope,
  warnOfEnds,
  type PauseThen,
  type Scope,
} from '../src/index.ts';
import { senateEvent } from '../src/contract/index.ts';

const db = testDatabase();
const ACTOR: Scope = { kind: 'actor', value: 'acct-7' };

beforeEach(async () => {
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  await db.pool.query('truncate senate_alerts, senate_events');
});

async function pauseFor(ttlSeconds: number | null, endsAs: PauseThen = 'resume', scope = ACTOR): Promise<string> {
  return (
    await pauseScope(db.pool, { scope, reason: 'runaway loop', ttlSeconds, endsAs, by: 'dana', source: 'person' })
  ).pause.id;
}

/** Nobody waits here: a pause that began earlier is over earlier. */
async function letTimePass(id: string, seconds: number): Promise<void> {
  await db.pool.query('update senate_pause set paused_at = paused_at - make_interval(secs => $2) where id = $1', [
    id,
    seconds,
  ]);
}

async function eventsOf(id: string): Promise<string[]> {
  // 'changed' is what letting time pass looks like
  const { rows } = await db.pool.query<{ type: string }>(
    `select type from senate_events
      where data ->> 'id' = $1
        and type like 'pause.%'
        and type not in ('pause.created', 'pause.changed')
      order by id`,
    [id],
  );
  return rows.map((row) => row.type);
}

const alerts = async (): Promise<unknown[]> =>
  (
    await db.pool.query(
      "select kind, ref_id, severity, details ->> 'pause_id' as pause_id from senate_alerts order by id",
    )
  ).rows;
const active = async (): Promise<string[]> => (await listActivePauses(db.pool)).map((pause) => pause.id);

describe('resume', () => {
  test('P3 P8 a row that is written as ever ends by the database’s clock, as ever', async () => {
    await db.pool.query(
      "insert into senate_pause (scope_kind, scope_value, ttl_seconds) values ('actor', 'acct-7', 60)",
    );
    const [pause] = await listActivePauses(db.pool);
    expect(pause).toMatchObject({ endsAs: 'resume', stayedAt: null, probingAt: null });
    await letTimePass(pause?.id ?? '', 61);
    expect(await active()).toEqual([]);
    expect(await closeExpiredPauses(db.pool)).toBe(1);
    expect(await stayPauses(db.pool)).toBe(0);
    expect(await alerts()).toEqual([]);
  });
});

describe('stay', () => {
  test('the pause holds on past its end, is marked once by any number of sweepers, and raises one alert', async () => {
    const id = await pauseFor(60, 'stay');
    expect(await stayPauses(db.pool)).toBe(0);
    await letTimePass(id, 61);
    expect(await active()).toEqual([id]);
    expect(await closeExpiredPauses(db.pool)).toBe(0);
    const marked = await Promise.all(Array.from({ length: 6 }, () => stayPauses(db.pool)));
    expect(marked.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(await alerts()).toEqual([{ kind: PAUSE_NEEDS_PERSON, ref_id: 'acct-7', severity: 'high', pause_id: id }]);
    expect(await eventsOf(id)).toEqual(['pause.stayed']);
    expect((await listActivePauses(db.pool))[0]).toMatchObject({ id, remainingMs: null, stayedAt: expect.any(Date) });
    expect(await listEndedPauses(db.pool, { limit: 10, kind: 'actor' })).not.toContainEqual(
      expect.objectContaining({ id }),
    );
    const { rows } = await db.pool.query(
      "select by, why from senate_audit where subject_id = $1 and action = 'pause.stayed'",
      [id],
    );
    expect(rows).toEqual([{ by: 'senate.ttl', why: expect.stringContaining('until a person decides') }]);
    await unpauseScope(db.pool, { target: { id }, by: 'dana' });
    expect(await active()).toEqual([]);
  });

  test('of another kind of scope the alert names no actor', async () => {
    const id = await pauseFor(60, 'stay', { kind: 'skill', value: 'debate' });
    await letTimePass(id, 61);
    await stayPauses(db.pool);
    expect(await alerts()).toEqual([{ kind: PAUSE_NEEDS_PERSON, ref_id: null, severity: 'high', pause_id: id }]);
  });

  test('extended, it counts as before, and stays anew at its new end', async () => {
    const id = await pauseFor(60, 'stay');
    await letTimePass(id, 61);
    await stayPauses(db.pool);
    expect(await extendPause(db.pool, { id, ttlSeconds: 30, by: 'erin' })).toMatchObject({
      stayedAt: null,
      endsAs: 'stay',
    });
    expect(await stayPauses(db.pool)).toBe(0);
    await letTimePass(id, 31);
    expect(await stayPauses(db.pool)).toBe(1);
    expect((await alerts()).length).toBe(2);
  });

  test('a clear that comes while it is being marked is the last word', async () => {
    const id = await pauseFor(60, 'stay');
    await letTimePass(id, 61);
    const person = await db.pool.connect();
    await person.query('begin');
    await person.query("update senate_pause set cleared_at = clock_timestamp(), cleared_by = 'dana' where id = $1", [
      id,
    ]);
    expect(await stayPauses(db.pool)).toBe(0); // passes over what somebody holds
    await person.query('commit');
    person.release();
    expect(await stayPauses(db.pool)).toBe(0);
    expect(await eventsOf(id)).toEqual(['pause.cleared']);
    expect(await alerts()).toEqual([]);
  });

  test('P14 alerts that a person is needed never pause an actor, whatever their severity', async () => {
    for (let round = 0; round < 4; round++) {
      const id = await pauseFor(60, 'stay');
      await letTimePass(id, 61);
      await stayPauses(db.pool);
    }
    await db.pool.query("update senate_alerts set severity = 'critical'");
    await unpauseScope(db.pool, { target: ACTOR, by: 'dana' });
    expect(await autoPauseCandidates(db.pool)).toEqual([]);
    expect(await checkAutoPause(db.pool, 'acct-7')).toBeNull();
    await db.pool.query("update senate_alerts set kind = 'other'");
    expect(await checkAutoPause(db.pool, 'acct-7')).not.toBeNull();
  });

  test('P14 an auto-pause that a person has extended is the one auto-pause, also when it stays or has no end any more', async () => {
    const critical = async (): Promise<void> => {
      await db.pool.query(
        `insert into senate_alerts (kind, ref_id, severity) select 'loop', 'acct-7', 'critical'
           from generate_series(1, 3)`,
      );
    };
    await critical();
    const made = await checkAutoPause(db.pool, 'acct-7');
    const id = made?.pauseId ?? '';
    await extendPause(db.pool, { id, ttlSeconds: 60, endsAs: 'stay', by: 'dana' });
    await letTimePass(id, 61);
    await critical();
    expect(await checkAutoPause(db.pool, 'acct-7')).toBeNull();
    await extendPause(db.pool, { id, ttlSeconds: null, by: 'dana' });
    expect(await checkAutoPause(db.pool, 'acct-7')).toBeNull();
  });
});

describe('extend', () => {
  const leftOf = async (id: string): Promise<number> =>
    (
      await db.pool.query<{ left: number }>(
        `select extract(epoch from paused_at + make_interval(secs => ttl_seconds) - clock_timestamp())::float8 as left
           from senate_pause
          where id = $1`,
        [id],
      )
    ).rows[0]?.left ?? NaN;

  test('the end is counted from now, by the database’s clock; who and why stand in the history', async () => {
    const id = await pauseFor(60);
    await letTimePass(id, 50.5);
    await extendPause(db.pool, { id, ttlSeconds: 600, by: 'erin', reason: 'not mended yet' });
    expect(await leftOf(id)).toBeGreaterThan(590);
    expect(await leftOf(id)).toBeLessThanOrEqual(601);
    const { rows } = await db.pool.query(
      "select by, action, why, data ->> 'then' as then from senate_audit where subject_id = $1 order by id desc limit 1",
      [id],
    );
    expect(rows).toEqual([{ by: 'erin', action: 'pause.changed', why: 'not mended yet', then: 'resume' }]);
    const events = await db.pool.query(
      `select data ->> 'expires_at' is not null as has_end
         from senate_events
        where type = 'pause.changed'
          and data ->> 'id' = $1
        order by id desc
        limit 1`,
      [id],
    );
    expect(events.rows).toEqual([{ has_end: true }]);
  });

  test('until cleared, and back to an end; a machine’s pause as well', async () => {
    const {
      pause: { id },
    } = await pauseScope(db.pool, {
      scope: ACTOR,
      reason: 'auto',
      ttlSeconds: 60,
      by: 'senate.auto',
      source: 'machine',
    });
    expect(await extendPause(db.pool, { id, ttlSeconds: null, by: 'dana' })).toMatchObject({ ttlSeconds: null });
    await letTimePass(id, 1_000);
    expect(await active()).toEqual([id]);
    await extendPause(db.pool, { id, ttlSeconds: 5, by: 'dana' });
    await letTimePass(id, 6);
    expect(await active()).toEqual([]);
  });

  test('one that has ended is not brought back: by its clock, or by a person', async () => {
    const expired = await pauseFor(60);
    await letTimePass(expired, 61);
    await expect(extendPause(db.pool, { id: expired, ttlSeconds: 60, by: 'dana' })).rejects.toMatchObject({
      code: 'pause_not_active',
      message: expect.stringContaining('pause the scope anew'),
    });
    await closeExpiredPauses(db.pool);
    await expect(extendPause(db.pool, { id: expired, ttlSeconds: 60, by: 'dana' })).rejects.toMatchObject({
      code: 'pause_not_active',
    });
    const cleared = await pauseFor(60);
    await unpauseScope(db.pool, { target: { id: cleared }, by: 'erin' });
    await expect(extendPause(db.pool, { id: cleared, ttlSeconds: 60, by: 'dana' })).rejects.toThrow(/cleared by erin/);
    await expect(extendPause(db.pool, { id: '999999999', ttlSeconds: 60, by: 'dana' })).rejects.toBeInstanceOf(
      PauseError,
    );
    expect(await active()).toEqual([]);
  });

  test('at the very end: whoever has the row first wins, and both agree about it', async () => {
    const id = await pauseFor(60);
    await letTimePass(id, 61);
    // The extension holds the row, as if it had come just before the end, and has not committed; the sweeper passes
    // over it.
    const person = await db.pool.connect();
    await person.query('begin');
    await person.query('update senate_pause set ttl_seconds = ttl_seconds + 600 where id = $1', [id]);
    expect(await closeExpiredPauses(db.pool)).toBe(0);
    await person.query('commit');
    person.release();
    expect(await closeExpiredPauses(db.pool)).toBe(0);
    expect(await active()).toEqual([id]);
    // The other way round: the sweeper has closed it, and the extension that waited for the row is refused.
    await letTimePass(id, 700);
    const sweeper = await db.pool.connect();
    await sweeper.query('begin');
    await sweeper.query("update senate_pause set cleared_at = now(), cleared_by = 'senate.ttl' where id = $1", [id]);
    const extending = extendPause(db.pool, { id, ttlSeconds: 600, by: 'dana' }).catch((error: unknown) => error);
    await sweeper.query('commit');
    sweeper.release();
    expect(await extending).toMatchObject({ code: 'pause_not_active' });
  });

  test('repeated under one key it is done once', async () => {
    const id = await pauseFor(60);
    const idempotency = { principal: 'dana', key: 'k-extend', request: { id } };
    await extendPause(db.pool, { id, ttlSeconds: 600, by: 'dana' }, idempotency);
    await letTimePass(id, 100);
    await extendPause(db.pool, { id, ttlSeconds: 600, by: 'dana' }, idempotency);
    expect(await leftOf(id)).toBeLessThan(510);
  });
});

describe('warnings', () => {
  const warned = async (id: string): Promise<number> =>
    (await eventsOf(id)).filter((type) => type === 'pause.warning').length;

  test.each([
    // a pause of so many seconds: how much has gone by, and how many warnings there were by then
    [
      3_600,
      [
        [3_200, 0],
        [3_241, 1],
        [3_500, 1],
        [3_541, 2],
        [3_599, 2],
      ],
    ],
    [
      300,
      [
        [235, 0],
        [241, 1],
        [265, 1],
        [271, 2],
        [299, 2],
      ],
    ],
    [
      600,
      [
        [530, 0],
        [541, 1],
        [599, 1],
      ],
    ],
    [
      120,
      [
        [50, 0],
        [61, 1],
        [98, 1],
        [109, 2],
      ],
    ],
    [
      119,
      [
        [95, 0],
        [108, 1],
        [118, 1],
      ],
    ],
    [
      40,
      [
        [20, 0],
        [37, 1],
      ],
    ],
  ])('a pause of %i s warns at a tenth of the time left and at a minute, each once', async (ttlSeconds, steps) => {
    const id = await pauseFor(ttlSeconds);
    let gone = 0;
    for (const [at = 0, count = 0] of steps) {
      await letTimePass(id, at - gone);
      gone = at;
      await Promise.all([warnOfEnds(db.pool), warnOfEnds(db.pool), warnOfEnds(db.pool)]);
      expect(await warned(id), `after ${at} s`).toBe(count);
      expect(await warnOfEnds(db.pool)).toBe(0);
    }
    await letTimePass(id, ttlSeconds);
    expect(await warnOfEnds(db.pool)).toBe(0);
  });

  test('of two that were missed, one is given; a pause without an end gives none, and one that has ended neither', async () => {
    const id = await pauseFor(3_600);
    const endless = await pauseFor(null);
    await letTimePass(id, 3_560);
    expect(await warnOfEnds(db.pool)).toBe(1);
    expect(await warnOfEnds(db.pool)).toBe(0);
    expect([await warned(id), await warned(endless)]).toEqual([1, 0]);
    expect((await listActivePauses(db.pool)).find((pause) => pause.id === id)?.warnedAt).toBeInstanceOf(Date);
  });

  test('extended, it warns again, of its new end', async () => {
    const id = await pauseFor(600);
    await letTimePass(id, 545);
    expect(await warnOfEnds(db.pool)).toBe(1);
    await extendPause(db.pool, { id, ttlSeconds: 100, by: 'dana' });
    expect(await warnOfEnds(db.pool)).toBe(0);
    await letTimePass(id, 91);
    expect(await warnOfEnds(db.pool)).toBe(1);
    expect(await warned(id)).toBe(2);
  });

  test('extended by hand in psql, too', async () => {
    const id = await pauseFor(600);
    await letTimePass(id, 545);
    await warnOfEnds(db.pool);
    // A thousand seconds from now
    await db.pool.query('update senate_pause set ttl_seconds = 1545 where id = $1', [id]);
    expect(
      (await db.pool.query('select period_seconds, warnings, warned_at from senate_pause where id = $1', [id])).rows,
    ).toEqual([{ period_seconds: expect.any(Number), warnings: 0, warned_at: null }]);
    await letTimePass(id, 905);
    expect(await warnOfEnds(db.pool)).toBe(1);
  });
});

test('events from before there was a `then` are told as what they were', async () => {
  const data = {
    id: '1',
    scope_kind: 'agent',
    scope_value: 'skeptic',
    reason: 'r',
    source: 'person',
    paused_at: '2026-11-21T03:00:00+00:00',
    paused_by: 'dana',
    ttl_seconds: null,
    expires_at: null,
    cleared_at: null,
    cleared_by: null,
    quiet_at: null,
  };
  await db.pool.query("insert into senate_events (type, data) values ('pause.created', $1)", [JSON.stringify(data)]);
  const { position: before } = await headOfStream(db.pool);
  await sequenceEvents(db.pool);
  const [told] = await eventsAfter(db.pool, before, 10);
  expect(told?.event).toEqual({
    type: 'pause.created',
    data: {
      ...data,
      paused_at: '2026-11-21T03:00:00.000Z',
      then: 'resume',
      stayed_at: null,
      probing_at: null,
      probe_task_id: null,
      warned_at: null,
    },
  });
  expect(senateEvent.safeParse(told?.event).success).toBe(true);
});

test('the sweeper is told what is due, and how long it may sleep until the next end or warning', async () => {
  expect(await dueEnds(db.pool)).toEqual({
    toClose: false,
    toStay: false,
    probing: false,
    toWarn: false,
    nextInMs: null,
  });
  const id = await pauseFor(3_600, 'stay');
  expect((await dueEnds(db.pool)).nextInMs).toBeGreaterThan(3_230_000);
  await letTimePass(id, 3_245);
  expect(await dueEnds(db.pool)).toMatchObject({ toWarn: true, toStay: false });
  expect((await dueEnds(db.pool)).nextInMs).toBeLessThan(296_000);
  await letTimePass(id, 400);
  expect(await dueEnds(db.pool)).toEqual({
    toClose: false,
    toStay: true,
    probing: false,
    toWarn: false,
    nextInMs: null,
  });
  await stayPauses(db.pool);
  expect(await dueEnds(db.pool)).toEqual({
    toClose: false,
    toStay: false,
    probing: false,
    toWarn: false,
    nextInMs: null,
  });
});
