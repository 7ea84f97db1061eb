import { advisoryKey } from '@orchestra/database';
import { extendPause, stayPauses, unpauseScope, pauseScope, type PauseThen, type Scope } from '@orchestra/pause-core';
import { testDatabase } from '@orchestra/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  claimTasks,
  ClaimStrategyCache,
  completeRun,
  deferPaused,
  failRun,
  findTask,
  freezeRepo,
  holdRun,
  listTaskEvents,
  advanceProbes,
  lookForWork,
  parkTask,
  PROBER,
  reapRuns,
  releaseRun,
  retryRun,
  thawRepo,
  unmarkLeftOver,
} from '../src/index.ts';
import { PROBE_DECISIONS } from '../src/probes/advance-probes.ts';
import { verifyClaims } from '../src/claim/verify-claims.ts';
import type { ClaimedTask } from '../src/contract/index.ts';
import { add, claim, ids } from './fixtures.ts';

const db = testDatabase();
const AGENT: Scope = { kind: 'agent', value: 'skeptic' };
const NOTHING = { let: 0, done: 0, again: 0, stayed: 0 };
const LET_ONE = { ...NOTHING, let: 1 };

beforeEach(async () => {
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  await db.pool.query('truncate tasks, task_event_rows, event_batches, senate_alerts');
  await db.pool.query('update repo_gates set frozen_at = null');
});

async function pauseFor(scope: Scope = AGENT, endsAs: PauseThen = 'probe', ttlSeconds = 600): Promise<string> {
  const { pause } = await pauseScope(db.pool, {
    scope,
    reason: 'runaway loop',
    ttlSeconds,
    endsAs,
    by: 'dana',
    source: 'person',
  });
  return pause.id;
}

/** Nobody waits here: a pause that began earlier is over earlier. */
async function letTimePass(id: string, seconds: number): Promise<void> {
  await db.pool.query('update senate_pause set paused_at = paused_at - make_interval(secs => $2) where id = $1', [
    id,
    seconds,
  ]);
}

async function probing(scope: Scope = AGENT): Promise<string> {
  const id = await pauseFor(scope);
  await letTimePass(id, 600);
  return id;
}

async function stateOf(id: string): Promise<Record<string, unknown>> {
  const {
    rows: [row],
  } = await db.pool.query<Record<string, unknown>>(
    `select p.cleared_by, p.stayed_at is not null as stays, p.probing_at is not null as probes, p.probe_task_id,
            p.ttl_seconds,
            round(extract(epoch from p.paused_at + make_interval(secs => p.ttl_seconds) - now()))::int as left
              from senate_pause p
              where p.id = $1`,
    [id],
  );
  return row ?? {};
}

async function eventsOf(id: string): Promise<string[]> {
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

async function kindsOf(taskId: string): Promise<string[]> {
  return (await listTaskEvents(db.pool, taskId, { limit: 50 })).map((event) => event.kind);
}

const only = (tasks: readonly ClaimedTask[]): ClaimedTask => {
  const [task, ...others] = tasks;
  if (task === undefined || others.length > 0) throw new Error(`one task was to be claimed, not ${tasks.length}`);
  return task;
};

/** Both ways of the claim. */
const BY_LANES = (): ClaimStrategyCache => {
  const ways = new ClaimStrategyCache();
  ways.needed(JSON.stringify([null, null]), 32);
  return ways;
};

describe('one task is let through', () => {
  test.each([
    ['walks', () => new ClaimStrategyCache()],
    ['looks at lanes', BY_LANES],
  ])('P1 by a claim that %s, and no other of the scope', async (_way, ways) => {
    const [first = '', , free = ''] = await add(
      db.pool,
      { agent_id: 'skeptic' },
      { agent_id: 'skeptic' },
      { agent_id: 'scribe' },
    );
    const id = await pauseFor();
    expect(await advanceProbes(db.pool)).toEqual(NOTHING);
    await letTimePass(id, 600);
    expect(await claimTasks(db.pool, { worker: 'w', limit: 10, agents: ['skeptic'] }, ways())).toEqual([]);
    expect(await advanceProbes(db.pool)).toEqual(LET_ONE);
    expect(await stateOf(id)).toMatchObject({ probes: true, probe_task_id: first, stays: false, cleared_by: null });
    const claimed = await claimTasks(db.pool, { worker: 'w', limit: 10 }, ways());
    expect(claimed.map((task) => [task.id, task.probe_of])).toEqual([
      [first, id],
      [free, null],
    ]);
    expect(await claimTasks(db.pool, { worker: 'w', limit: 10 }, ways())).toEqual([]);
    expect(await advanceProbes(db.pool)).toEqual(NOTHING);
    expect(await eventsOf(id)).toEqual(['pause.probing']);
    expect((await verifyClaims(db.pool, { limit: 100 })).violations).toEqual([]);
    expect(await kindsOf(first)).toEqual(['queued', 'probing', 'claimed']);
    const events = await listTaskEvents(db.pool, first, { limit: 5 });
    expect(events.map((event) => event.data)).toMatchObject([
      {},
      { pause_id: id, scope_kind: 'agent', scope_value: 'skeptic' },
      { attempt: 1, probe_of: id },
    ]);
  });

  test('and waiting claims are told of it, as of anything that can be claimed', async () => {
    await add(db.pool, { agent_id: 'skeptic', skill: 'debate' });
    await probing();
    expect((await lookForWork(db.pool)).kinds).toEqual([]);
    await advanceProbes(db.pool);
    expect((await lookForWork(db.pool)).kinds).toEqual([{ agent: 'skeptic', skill: 'debate' }]);
    await claim(db.pool);
    expect((await lookForWork(db.pool)).kinds).toEqual([]);
  });

  test('P9 the first in its place, also where all were put off', async () => {
    const [, second = ''] = await add(
      db.pool,
      { agent_id: 'skeptic', priority: 5 },
      { agent_id: 'skeptic', priority: 1 },
    );
    const id = await pauseFor();
    await deferPaused(db.pool);
    await letTimePass(id, 600);
    await advanceProbes(db.pool);
    expect(only(await claim(db.pool)).id).toBe(second);
  });

  test('by two sweepers at the same time, once', async () => {
    await add(db.pool, { agent_id: 'skeptic' }, { agent_id: 'skeptic' });
    const id = await probing();
    const rounds = await Promise.all(Array.from({ length: 4 }, () => advanceProbes(db.pool)));
    expect(rounds.reduce((sum, round) => sum + round.let, 0)).toBe(1);
    expect(await eventsOf(id)).toEqual(['pause.probing']);
    expect((await claim(db.pool)).length).toBe(1);
  });

  test('for ever nobody, where no worker wants it; it waits, and so does the pause', async () => {
    await add(db.pool, { agent_id: 'skeptic', skill: 'debate' });
    const id = await probing();
    await advanceProbes(db.pool);
    expect(await claim(db.pool, { skills: ['other'] })).toEqual([]);
    expect(await advanceProbes(db.pool)).toEqual(NOTHING);
    expect(await stateOf(id)).toMatchObject({ probes: true, cleared_by: null });
  });

  test('when there is one: with nothing to probe it waits for what is added, and writes no more than that', async () => {
    const id = await probing();
    expect(await advanceProbes(db.pool)).toEqual(NOTHING);
    expect(await advanceProbes(db.pool)).toEqual(NOTHING);
    expect(await eventsOf(id)).toEqual(['pause.probing']);
    const [added = ''] = await add(db.pool, { agent_id: 'skeptic' });
    expect(await claim(db.pool)).toEqual([]);
    expect(await advanceProbes(db.pool)).toEqual(LET_ONE);
    expect(only(await claim(db.pool)).id).toBe(added);
  });
});

describe('what nothing else holds', () => {
  test('P7 another pause holds it all the same, before it is chosen and after', async () => {
    const [first = '', second = ''] = await add(
      db.pool,
      { agent_id: 'skeptic', skill: 'debate' },
      { agent_id: 'skeptic', skill: 'read' },
    );
    const other = await pauseFor({ kind: 'skill', value: 'debate' }, 'resume', 3_600);
    await probing();
    await advanceProbes(db.pool);
    expect((await findTask(db.pool, second))?.status).toBe('queued');
    const late = await pauseFor({ kind: 'skill', value: 'read' }, 'resume', 3_600);
    expect(await claim(db.pool)).toEqual([]);
    // Held now, it gives its place as the probe to another, as soon as there is one.
    await unpauseScope(db.pool, { target: { id: other }, by: 'dana' });
    expect(await advanceProbes(db.pool)).toEqual(LET_ONE);
    expect(only(await claim(db.pool)).id).toBe(first);
    await unpauseScope(db.pool, { target: { id: late }, by: 'dana' });
    expect(await claim(db.pool)).toEqual([]);
    expect(await kindsOf(second)).toEqual(['queued', 'probing', 'probed']);
  });

  test('two pauses that probe do not wait for each other for ever: one after the other lets a task through', async () => {
    const all = await add(
      db.pool,
      { agent_id: 'skeptic', skill: 'debate' },
      { agent_id: 'skeptic', skill: 'debate' },
      { agent_id: 'scribe', skill: 'debate' },
    );
    const one = await probing();
    const other = await probing({ kind: 'skill', value: 'debate' });
    await advanceProbes(db.pool);
    const first = only(await claim(db.pool));
    expect(first.id).toBe(all[0]);
    // While that one runs, none of either scope is let through.
    await advanceProbes(db.pool);
    expect(await claim(db.pool)).toEqual([]);
    await completeRun(db.pool, first.id, first.run_id, null);
    await advanceProbes(db.pool);
    await advanceProbes(db.pool);
    // One of them has ended; what the other holds comes one at a time.
    const next = await claim(db.pool);
    expect(next.filter((task) => task.probe_of !== null).length).toBe(1);
    for (const run of next) await completeRun(db.pool, run.id, run.run_id, null);
    expect(await advanceProbes(db.pool)).toMatchObject({ done: 1 });
    expect([(await stateOf(one))['cleared_by'], (await stateOf(other))['cleared_by']]).toEqual([PROBER, PROBER]);
    expect((await verifyClaims(db.pool, { limit: 100 })).violations).toEqual([]);
  });

  test('a pause made while the probes of two others wait lets one task run at a time, also where nobody could look after those two', async () => {
    await add(db.pool, { agent_id: 'skeptic', skill: 'debate' }, { agent_id: 'skeptic', skill: 'read' });
    const others = [await probing({ kind: 'skill', value: 'debate' }), await probing({ kind: 'skill', value: 'read' })];
    expect(await advanceProbes(db.pool)).toEqual({ ...NOTHING, let: 2 });
    await probing();
    const somebody = await db.pool.connect();
    await somebody.query('begin');
    await somebody.query('select from senate_pause p where p.id = any ($1) for update', [others]);
    await advanceProbes(db.pool);
    const claimed = await claim(db.pool);
    await somebody.query('rollback');
    somebody.release();
    expect(claimed).toEqual([]);
    for (let look = 0; look < 2; look += 1) await advanceProbes(db.pool);
    only(await claim(db.pool));
  });

  test('P8 more pauses than one batch: the last of them is looked after as well', async () => {
    const names = Array.from({ length: 101 }, (_, n) => `agent ${n}`);
    await add(db.pool, ...names.map((agent_id) => ({ agent_id })));
    for (const value of names) await probing({ kind: 'agent', value });
    expect(await advanceProbes(db.pool)).toEqual({ ...NOTHING, let: 101 });
  });

  test('two sweepers never decide at the same time: between them they could let two tasks of one scope through', async () => {
    await add(db.pool, { agent_id: 'skeptic', skill: 'debate' }, { agent_id: 'skeptic', skill: 'debate' });
    await probing();
    const decides = await db.pool.connect();
    await decides.query('begin');
    await decides.query(`select pg_advisory_xact_lock(${advisoryKey('$1')})`, [PROBE_DECISIONS]);
    expect(await advanceProbes(db.pool)).toEqual(NOTHING);
    await decides.query('commit');
    decides.release();
    expect(await advanceProbes(db.pool)).toEqual(LET_ONE);
  });

  test('a parked task is none, nor one whose time has not come', async () => {
    const [parked = '', , third = ''] = await add(
      db.pool,
      { agent_id: 'skeptic' },
      { agent_id: 'skeptic', not_before: new Date(Date.now() + 3_600_000).toISOString() },
      { agent_id: 'skeptic' },
    );
    await parkTask(db.pool, parked, { name: 'dana' }, 'later');
    await probing();
    await advanceProbes(db.pool);
    expect(only(await claim(db.pool)).id).toBe(third);
  });

  test('one that is parked after it was chosen gives way to the next', async () => {
    const [first = '', second = ''] = await add(db.pool, { agent_id: 'skeptic' }, { agent_id: 'skeptic' });
    await probing();
    await advanceProbes(db.pool);
    await parkTask(db.pool, first, { name: 'dana' }, 'not this one');
    expect(await claim(db.pool)).toEqual([]);
    expect(await advanceProbes(db.pool)).toEqual(LET_ONE);
    expect(only(await claim(db.pool)).id).toBe(second);
  });
});

describe('the serial gate holds for a probe as well', () => {
  test('of a repo the first in line alone, and only through an open gate', async () => {
    const [ahead = '', behind = ''] = await add(
      db.pool,
      { repo: 'r1', agent_id: 'scribe' },
      { repo: 'r1', agent_id: 'skeptic' },
    );
    const id = await probing();
    await advanceProbes(db.pool);
    expect(await stateOf(id)).toMatchObject({ probes: true, probe_task_id: null });
    const [run] = await claim(db.pool);
    expect(run?.id).toBe(ahead);
    await advanceProbes(db.pool);
    expect(await stateOf(id)).toMatchObject({ probe_task_id: null });
    await completeRun(db.pool, ahead, run?.run_id ?? '', null);
    expect(await advanceProbes(db.pool)).toEqual(LET_ONE);
    await freezeRepo(db.pool, 'r1', 'dana', 'not now');
    expect(await claim(db.pool)).toEqual([]);
    await thawRepo(db.pool, 'r1', 'dana');
    await advanceProbes(db.pool);
    expect(only(await claim(db.pool)).id).toBe(behind);
    const { rows } = await db.pool.query("select in_progress, waiting from repo_gates where repo = 'r1'");
    expect(rows).toEqual([{ in_progress: 1, waiting: 0 }]);
  });

  test('a gate that closes after the choice keeps the probe out of the claim, by either way', async () => {
    await add(db.pool, { repo: 'r2', agent_id: 'skeptic' });
    await probing();
    await advanceProbes(db.pool);
    await freezeRepo(db.pool, 'r2', 'dana', 'not now');
    expect(await claimTasks(db.pool, { worker: 'w', limit: 10 })).toEqual([]);
    expect(await claimTasks(db.pool, { worker: 'w', limit: 10 }, BY_LANES())).toEqual([]);
    // where the gate is switched off, it keeps nobody out
    expect((await claimTasks(db.pool, { worker: 'w', limit: 10, gatedRepos: [] })).length).toBe(1);
  });

  test('one that comes before it in line goes before it', async () => {
    const [low = ''] = await add(db.pool, { repo: 'r3', agent_id: 'skeptic', priority: 5 });
    const id = await probing();
    await advanceProbes(db.pool);
    expect(await stateOf(id)).toMatchObject({ probe_task_id: low });
    const [high = ''] = await add(db.pool, { repo: 'r3', agent_id: 'scribe', priority: 1 });
    expect(only(await claim(db.pool)).id).toBe(high);
  });
});

describe('P8 where the serial gate does not hold for a repo, nothing there keeps a probe waiting', () => {
  /** In repo `r4` another agent works all the time and has more in line. */
  async function behindOthers(by: { gatedRepos?: readonly string[] }): Promise<string> {
    await add(db.pool, { repo: 'r4', agent_id: 'scribe' }, { repo: 'r4', agent_id: 'scribe' });
    const [mine = ''] = await add(db.pool, { repo: 'r4', agent_id: 'skeptic' });
    expect(await claimTasks(db.pool, { worker: 'w', limit: 1, agents: ['scribe'], ...by })).toHaveLength(1);
    await probing();
    return mine;
  }

  test.each([{ gatedRepos: [] }, { gatedRepos: ['another'] }])(
    'P8 the task is let through and taken, where it holds for $gatedRepos',
    async ({ gatedRepos }) => {
      const mine = await behindOthers({ gatedRepos });
      expect(await advanceProbes(db.pool, gatedRepos)).toEqual(LET_ONE);
      // It may start, so it is not exchanged for another.
      expect(await advanceProbes(db.pool, gatedRepos)).toEqual(NOTHING);
      expect(only(await claimTasks(db.pool, { worker: 'w', limit: 10, agents: ['skeptic'], gatedRepos })).id).toBe(
        mine,
      );
    },
  );

  test('P8 also by what the claims there show, for who does not know the setting', async () => {
    await behindOthers({ gatedRepos: [] });
    expect(await advanceProbes(db.pool)).toEqual(LET_ONE);
    expect(await advanceProbes(db.pool)).toEqual(NOTHING);
  });

  test('P8 where it does hold, the task waits for its turn', async () => {
    await behindOthers({});
    expect(await advanceProbes(db.pool, ['r4'])).toEqual(NOTHING);
  });
});

test('P8 the first task of a lane that may start is let through, wherever it stands', async () => {
  await db.pool.query(
    `insert into tasks (agent_id, next_eligible_at, paused_at) select 'skeptic', now() + make_interval(hours => n % 2),
       case n % 2 when 0 then now() end
       from generate_series(1, 150) n`,
  );
  const [mine] = await add(db.pool, { agent_id: 'skeptic' });
  await probing();
  expect(await advanceProbes(db.pool)).toEqual(LET_ONE);
  expect(only(await claim(db.pool)).id).toBe(mine);
});

describe('what the probe says', () => {
  async function probeRun(): Promise<{ id: string; run: ClaimedTask }> {
    await add(db.pool, { agent_id: 'skeptic' }, { agent_id: 'skeptic' });
    const id = await probing();
    await advanceProbes(db.pool);
    return { id, run: only(await claim(db.pool)) };
  }

  test('done: the pause ends, and all go on', async () => {
    const { id, run } = await probeRun();
    await completeRun(db.pool, run.id, run.run_id, null);
    expect(await claim(db.pool)).toEqual([]);
    expect(await advanceProbes(db.pool)).toEqual({ ...NOTHING, done: 1 });
    expect(await stateOf(id)).toMatchObject({ cleared_by: PROBER });
    expect((await claim(db.pool)).length).toBe(1);
    expect(await eventsOf(id)).toEqual(['pause.probing', 'pause.cleared']);
    expect(await kindsOf(run.id)).toEqual(['queued', 'probing', 'claimed', 'completed', 'probed']);
    const { rows } = await db.pool.query(
      "select by, why from senate_audit where subject_kind = 'pause' and subject_id = $1 and action = 'pause.cleared'",
      [id],
    );
    expect(rows).toEqual([{ by: PROBER, why: expect.stringContaining(`task ${run.id}`) }]);
  });

  test('failed by its code: paused again for the same time, and then it probes again', async () => {
    const { id, run } = await probeRun();
    await failRun(db.pool, run.id, run.run_id, { error: 'boom', retry: true });
    // The attempt is due in a moment; as the probe it had its one run.
    await db.pool.query('update tasks set next_eligible_at = now() where id = $1', [run.id]);
    expect(await claim(db.pool)).toEqual([]);
    expect(await advanceProbes(db.pool)).toEqual({ ...NOTHING, again: 1 });
    expect(await stateOf(id)).toMatchObject({ cleared_by: null, probes: false, probe_task_id: null });
    expect(Math.abs(Number((await stateOf(id))['left']) - 600)).toBeLessThanOrEqual(2);
    expect(await advanceProbes(db.pool)).toEqual(NOTHING);
    expect(await claim(db.pool)).toEqual([]);
    // Again and again the same time, however late the sweeper was.
    for (let round = 0; round < 2; round++) {
      await letTimePass(id, 600 + 33);
      expect(await advanceProbes(db.pool)).toEqual(LET_ONE);
      const again = only(await claim(db.pool));
      await failRun(db.pool, again.id, again.run_id, { error: 'boom', retry: false });
      expect(await advanceProbes(db.pool)).toEqual({ ...NOTHING, again: 1 });
      expect(Math.abs(Number((await stateOf(id))['left']) - 600)).toBeLessThanOrEqual(2);
      expect((await db.pool.query('select period_seconds from senate_pause where id = $1', [id])).rows).toEqual([
        { period_seconds: 600 },
      ]);
    }
  });

  test('its environment failed: the pause stays, with one alert, until a person decides', async () => {
    const { id, run } = await probeRun();
    await holdRun(db.pool, run.id, run.run_id, { says: 'the disk is full' });
    expect(await advanceProbes(db.pool)).toEqual({ ...NOTHING, stayed: 1 });
    expect(await advanceProbes(db.pool)).toEqual(NOTHING);
    expect(await stateOf(id)).toMatchObject({ stays: true, probes: false, cleared_by: null });
    expect(await eventsOf(id)).toEqual(['pause.probing', 'pause.stayed']);
    expect(
      (
        await db.pool.query(
          `select kind, ref_id, severity, details ->> 'pause_id' as pause_id
             from senate_alerts
            where kind = 'pause_needs_person'`,
        )
      ).rows,
    ).toEqual([{ kind: 'pause_needs_person', ref_id: null, severity: 'high', pause_id: id }]);
    expect(await claim(db.pool)).toEqual([]);
    expect(await stayPauses(db.pool)).toBe(0);
    await unpauseScope(db.pool, { target: { id }, by: 'dana' });
    expect((await claim(db.pool)).length).toBe(1);
  });

  test('handed back, it said nothing: another is let through', async () => {
    const { id, run } = await probeRun();
    await releaseRun(db.pool, run.id, run.run_id, { cause: 'shutdown' });
    expect(await claim(db.pool)).toEqual([]);
    expect(await advanceProbes(db.pool)).toEqual(LET_ONE);
    const second = only(await claim(db.pool));
    expect(second.id).toBe(run.id); // the same one, by its place: and by a mark of its own
    await completeRun(db.pool, second.id, second.run_id, null);
    expect(await advanceProbes(db.pool)).toEqual({ ...NOTHING, done: 1 });
    expect(await stateOf(id)).toMatchObject({ cleared_by: PROBER });
  });

  test('disturbed in passing, it said nothing', async () => {
    const { run } = await probeRun();
    await retryRun(db.pool, run.id, run.run_id, { says: 'the network was away' });
    expect(await claim(db.pool)).toEqual([]);
    expect(await advanceProbes(db.pool)).toEqual(LET_ONE);
    expect(only(await claim(db.pool)).id).not.toBe(run.id);
  });

  test('reaped with its worker, it said nothing', async () => {
    const { run } = await probeRun();
    await db.pool.query("update tasks set heartbeat_at = now() - interval '1 hour' where id = $1", [run.id]);
    await reapRuns(db.pool, 60);
    expect(await claim(db.pool)).toEqual([]);
    expect(await advanceProbes(db.pool)).toEqual(LET_ONE);
    expect((await claim(db.pool)).length).toBe(1);
  });
});

describe('a person is quicker', () => {
  test('who clears the pause while the probe waits: nothing is left of it', async () => {
    const [first = ''] = await add(db.pool, { agent_id: 'skeptic' }, { agent_id: 'skeptic' });
    const id = await probing();
    await advanceProbes(db.pool);
    await unpauseScope(db.pool, { target: { id }, by: 'dana' });
    expect(await advanceProbes(db.pool)).toEqual(NOTHING);
    expect(await unmarkLeftOver(db.pool, PROBER)).toBe(1);
    expect((await claim(db.pool)).map((task) => task.probe_of)).toEqual([null, null]);
    expect(await kindsOf(first)).toEqual(['queued', 'probing', 'probed', 'claimed']);
    expect(await stateOf(id)).toMatchObject({ cleared_by: 'dana' });
  });

  test('who clears it and pauses anew: the old mark lets nobody through', async () => {
    await add(db.pool, { agent_id: 'skeptic' });
    const id = await probing();
    await advanceProbes(db.pool);
    await unpauseScope(db.pool, { target: { id }, by: 'dana' });
    await pauseFor();
    expect(await claim(db.pool)).toEqual([]);
  });

  test('P1 who extends it: the probe is not let through any more, and its run, if it has begun, goes on', async () => {
    const [first = ''] = await add(db.pool, { agent_id: 'skeptic' });
    const id = await probing();
    await advanceProbes(db.pool);
    await extendPause(db.pool, { id, ttlSeconds: 60, by: 'dana' });
    expect(await claim(db.pool)).toEqual([]);
    await letTimePass(id, 61);
    await unmarkLeftOver(db.pool, PROBER);
    expect(await advanceProbes(db.pool)).toEqual(LET_ONE);
    const run = only(await claim(db.pool));
    await extendPause(db.pool, { id, ttlSeconds: 60, by: 'dana' });
    await unmarkLeftOver(db.pool, PROBER);
    expect(await advanceProbes(db.pool)).toEqual(NOTHING);
    await completeRun(db.pool, run.id, run.run_id, null);
    expect((await findTask(db.pool, first))?.status).toBe('succeeded');
    expect(await stateOf(id)).toMatchObject({ cleared_by: null, probes: false });
  });

  test('who clears it at the moment in which the probe is judged: one of both did it, once', async () => {
    await add(db.pool, { agent_id: 'skeptic' });
    const id = await probing();
    await advanceProbes(db.pool);
    const run = only(await claim(db.pool));
    await completeRun(db.pool, run.id, run.run_id, null);
    await Promise.all([
      advanceProbes(db.pool),
      unpauseScope(db.pool, { target: AGENT, by: 'dana' }),
      advanceProbes(db.pool),
    ]);
    await advanceProbes(db.pool);
    expect((await eventsOf(id)).filter((type) => type === 'pause.cleared').length).toBe(1);
    expect(['dana', PROBER]).toContain((await stateOf(id))['cleared_by']);
  });
});

test('P3 a row with ends_as written by hand probes as well', async () => {
  await add(db.pool, { agent_id: 'skeptic' });
  await db.pool.query(
    `insert into senate_pause (scope_kind, scope_value, paused_at, ttl_seconds, ends_as)
       values ('agent', 'skeptic', now() - interval '1 hour', 60, 'probe')`,
  );
  expect(await claim(db.pool)).toEqual([]);
  expect(await advanceProbes(db.pool)).toEqual(LET_ONE);
  expect(ids(await claim(db.pool)).length).toBe(1);
});
