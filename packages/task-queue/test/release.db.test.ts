import { extendPause, PauseError, unpauseScope, type Scope } from '@orchestra/pause-core';
import { testDatabase } from '@orchestra/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  completeRun,
  explainTask,
  failRun,
  lastRelease,
  advanceProbes,
  lookAfterReleases,
  parkTask,
  PROBER,
  releaseBacklog,
  RELEASER,
  stopRelease,
  unmarkLeftOver,
  verifyClaims,
  type ReleaseOrder,
} from '../src/index.ts';
import { add, claim, ids, pause } from './fixtures.ts';

const db = testDatabase();
const SKEPTIC: Scope = { kind: 'agent', value: 'skeptic' };

beforeEach(async () => {
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  await db.pool.query('truncate tasks, task_event_rows, event_batches, task_lanes, senate_releases');
});

const paused = async (scope: Scope = SKEPTIC, ttl: number | null = null): Promise<string> =>
  (await pause(db.pool, scope, ttl)).pause.id;
const release = (pauseId: string, pace: ReleaseOrder['pace'] = { one: true }) =>
  releaseBacklog(db.pool, { pauseId, pace, by: 'dana' });
const refused = (pauseId: string, pace?: ReleaseOrder['pace']): Promise<unknown> =>
  release(pauseId, pace).then(
    () => 'made',
    (error: unknown) => error instanceof PauseError && error.code,
  );
/** As if the time to the next task were over. */
const due = () =>
  db.pool.query("update senate_releases set next_at = now() - interval '1 hour' where ended_at is null");
const stateOf = async (id: string) =>
  (
    await db.pool.query('select cleared_by, ttl_seconds, probing_at, probe_task_id from senate_pause where id = $1', [
      id,
    ])
  ).rows[0] as Record<string, unknown>;
const violations = async () => (await verifyClaims(db.pool, { limit: 1_000 })).violations;

describe('one task', () => {
  test('P1 it alone may start, whoever claims how often; the pause holds on, and the history tells who let it go', async () => {
    const [first, second] = await add(db.pool, { agent_id: 'skeptic' }, { agent_id: 'skeptic' });
    const id = await paused();
    expect(await release(id)).toMatchObject({
      pause_id: id,
      released: 1,
      last_task_id: first,
      ended_as: 'done',
      gap_seconds: null,
    });
    expect((await explainTask(db.pool, first ?? '')).holds.map(({ kind }) => kind)).not.toContain('pause');
    expect((await explainTask(db.pool, second ?? '')).holds.map(({ kind }) => kind)).toContain('pause');
    const [run] = await claim(db.pool);
    expect(run).toMatchObject({ id: first, probe_of: id });
    expect(await claim(db.pool)).toEqual([]);
    await completeRun(db.pool, run?.id ?? '', run?.run_id ?? '', null);
    expect(await claim(db.pool)).toEqual([]);
    expect(await stateOf(id)).toMatchObject({ cleared_by: null, probing_at: null });
    expect(await violations()).toEqual([]);
    const { rows } = await db.pool.query(
      "select by, action from senate_audit where subject_id = $1 and action = 'pause.released'",
      [id],
    );
    expect(rows).toEqual([{ by: 'dana', action: 'pause.released' }]);
  });

  test('it decides nothing: failed, the pause stays as it is, and at its time it probes with a task of its own', async () => {
    await add(db.pool, { agent_id: 'skeptic' }, { agent_id: 'skeptic' });
    const id = await paused(SKEPTIC, 600);
    await extendPause(db.pool, { id, ttlSeconds: 600, endsAs: 'probe', by: 'dana' });
    await release(id);
    const [run] = await claim(db.pool);
    await completeRun(db.pool, run?.id ?? '', run?.run_id ?? '', null);
    await db.pool.query("update senate_pause set paused_at = paused_at - interval '20 minutes' where id = $1", [id]);
    expect(await advanceProbes(db.pool)).toMatchObject({ let: 1, done: 0 });
    expect(await refused(id)).toBe('pause_probes');
    const [probe] = await claim(db.pool);
    expect(probe?.id).not.toBe(run?.id);
  });

  test('a second one waits until the first has started; then its mark is for the second alone', async () => {
    const [first, second] = await add(db.pool, { agent_id: 'skeptic' }, { agent_id: 'skeptic' });
    const id = await paused();
    await release(id);
    expect(await refused(id)).toBe('nothing_to_release');
    expect(ids(await claim(db.pool))).toEqual([first]);
    expect(await release(id)).toMatchObject({ last_task_id: second });
    expect(await unmarkLeftOver(db.pool, PROBER)).toBe(0);
    expect(ids(await claim(db.pool))).toEqual([second]);
    expect(await violations()).toEqual([]);
  });

  test('what another pause holds as well, what is parked and what is not there is not let go', async () => {
    const [parked = ''] = await add(db.pool, { agent_id: 'skeptic' }, { agent_id: 'skeptic', quest_id: 'q' });
    const id = await paused();
    await paused({ kind: 'quest', value: 'q' });
    await parkTask(db.pool, parked, { name: 'dana' }, 'later');
    expect(await refused(id)).toBe('nothing_to_release');
    await unpauseScope(db.pool, { target: { id }, by: 'dana' });
    expect(await refused(id)).toBe('pause_not_active');
    expect(await refused('999999')).toBe('pause_not_found');
  });
});

describe('a backlog over time', () => {
  test('P1 P9 in strict order, each when the one before has started and its time has come; what is added meanwhile comes last; then the pause ends', async () => {
    const [first, second] = await add(db.pool, { agent_id: 'skeptic' }, { agent_id: 'skeptic', priority: 5 });
    const id = await paused(SKEPTIC, 600);
    expect(await release(id, { gapSeconds: 60 })).toMatchObject({ gap_seconds: 60, released: 0, ended_as: null });
    // No expiry lets everything go meanwhile.
    expect(await stateOf(id)).toMatchObject({ ttl_seconds: null });
    await lookAfterReleases(db.pool);
    const [third] = await add(db.pool, { agent_id: 'skeptic', priority: 9 });
    await due();
    await lookAfterReleases(db.pool); // the first has not started
    expect(ids(await claim(db.pool))).toEqual([first]);
    await lookAfterReleases(db.pool);
    expect(ids(await claim(db.pool))).toEqual([second]);
    // Its time has not come, however many look, and however long nobody did.
    const waits = await Promise.all([1, 2, 3].map(() => lookAfterReleases(db.pool)));
    expect(Math.min(...waits.map(Number))).toBeGreaterThan(30_000);
    expect(await claim(db.pool)).toEqual([]);
    await due();
    await Promise.all([1, 2, 3].map(() => lookAfterReleases(db.pool)));
    expect(ids(await claim(db.pool))).toEqual([third]);
    await due();
    await lookAfterReleases(db.pool);
    expect(await stateOf(id)).toMatchObject({ cleared_by: RELEASER });
    expect(await lastRelease(db.pool, id)).toMatchObject({ released: 3, ended_as: 'done' });
    expect(await lookAfterReleases(db.pool)).toBeNull();
    expect(await violations()).toEqual([]);
  });

  test('within a time: spread over what waits now; too fast is refused and changes nothing', async () => {
    await add(db.pool, ...Array.from({ length: 30 }, () => ({ agent_id: 'skeptic' })));
    const id = await paused();
    expect(await refused(id, { withinSeconds: 1 })).toBe('release_too_fast');
    expect(await lastRelease(db.pool, id)).toBeNull();
    expect(await release(id, { withinSeconds: 600 })).toMatchObject({ gap_seconds: 20 });
    expect(await release(id, { gapSeconds: 1 })).toMatchObject({ gap_seconds: 1 });
    const { rows } = await db.pool.query('select ended_as from senate_releases where pause_id = $1 order by id', [id]);
    expect(rows).toEqual([{ ended_as: 'replaced' }, { ended_as: null }]);
  });

  test('stopped, what was let go and has not started is held again; cleared by a person, the release ends', async () => {
    await add(db.pool, { agent_id: 'skeptic' }, { agent_id: 'skeptic' });
    const id = await paused();
    await release(id, { gapSeconds: 1 });
    await lookAfterReleases(db.pool);
    expect(await stopRelease(db.pool, { pauseId: id, by: 'dana' })).toMatchObject({ ended_as: 'stopped', released: 1 });
    expect(await stopRelease(db.pool, { pauseId: id, by: 'dana' })).toBeNull();
    await lookAfterReleases(db.pool);
    expect(await claim(db.pool)).toEqual([]);
    await release(id, { gapSeconds: 1 });
    await unpauseScope(db.pool, { target: { id }, by: 'dana' });
    await lookAfterReleases(db.pool);
    expect(await lastRelease(db.pool, id)).toMatchObject({ ended_as: 'stopped' });
    expect(await stateOf(id)).toMatchObject({ cleared_by: 'dana' });
  });

  test('a task that fails goes back behind the pause, and one that cannot start any more gives way', async () => {
    const [first = '', second = '', third] = await add(
      db.pool,
      { agent_id: 'skeptic' },
      { agent_id: 'skeptic' },
      { agent_id: 'skeptic' },
    );
    const id = await paused();
    await release(id, { gapSeconds: 1 });
    await lookAfterReleases(db.pool);
    const [run] = await claim(db.pool);
    await failRun(db.pool, first, run?.run_id ?? '', { error: 'boom', retry: true });
    await due();
    await lookAfterReleases(db.pool);
    await parkTask(db.pool, second, { name: 'dana' }, 'not this one');
    await due();
    await lookAfterReleases(db.pool);
    expect(ids(await claim(db.pool))).toEqual([third]);
  });
});
