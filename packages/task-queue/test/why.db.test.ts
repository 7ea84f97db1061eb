import { testDatabase } from '@orchestra/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { taskWhy, type HoldKind, type NewTask, type TaskWhy } from '../src/contract/index.ts';
import {
  answerQuestion,
  askQuestion,
  completeRun,
  deferPaused,
  explainTask,
  failRun,
  findTask,
  forgetOldSightings,
  freezeRepo,
  holdRun,
  limitRepo,
  listTasks,
  advanceProbes,
  recordWorkerPolls,
  parkTask,
  resumeHeld,
  retryRun,
  TaskError,
  unparkTask,
  type RunnerReservations,
  type Sighting,
  type TaskFilter,
} from '../src/index.ts';
import { add, claim, ids, pause } from './fixtures.ts';

const db = testDatabase();

const ASKS: Sighting = { worker: 'w-1', wants: 'all', host: 'box', agents: null, skills: null, agoSeconds: 0 };

beforeEach(async () => {
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  await db.pool.query('truncate tasks, task_event_rows, event_batches, task_lanes, worker_sightings');
  await db.pool.query('update repo_gates set frozen_at = null, max_in_progress = 1');
  await recordWorkerPolls(db.pool, [ASKS]);
});

const why = async (taskId = '', kept: RunnerReservations = null): Promise<TaskWhy> =>
  taskWhy.parse(await explainTask(db.pool, taskId, { kept }));
const kinds = async (taskId = ''): Promise<HoldKind[]> => (await why(taskId)).holds.map((hold) => hold.kind);
const addOne = async (task: NewTask = {}): Promise<string> => (await add(db.pool, task))[0] ?? '';
const start = async () => {
  const [run] = await claim(db.pool, { limit: 1, host: 'box' });
  if (run === undefined) throw new Error('there is nothing to claim');
  return run;
};
const pausePlus = async (
  kind: 'agent' | 'skill' | 'quest' | 'actor',
  value: string,
  ttl: number | null = null,
): Promise<string> => (await pause(db.pool, { kind, value }, ttl)).pause.id;

describe('each thing that can hold a task', () => {
  test('nothing: it may start, and a claim takes it', async () => {
    const id = await addOne({ agent_id: 'a' });
    const answer = await why(id);
    expect(answer).toMatchObject({
      task_id: id,
      status: 'queued',
      can_start_now: true,
      holds: [],
      ahead: { count: 0, more: false },
      earliest_start: answer.at,
      if_cleared: [],
    });
    expect(ids(await claim(db.pool))).toEqual([id]);
  });

  test('pauses: each of them, the named one first, and when it could start without', async () => {
    const id = await addOne({ agent_id: 'a', skill: 's', actor_id: 'x' });
    const byAgent = await pausePlus('agent', 'a', 600);
    const byActor = await pausePlus('actor', 'x');
    await pausePlus('skill', 'other');
    const answer = await why(id);
    expect(answer.holds).toMatchObject([
      {
        kind: 'pause',
        pause_id: byActor,
        scope_kind: 'actor',
        scope_value: 'x',
        by: 'dana',
        reason: 'test',
        until: null,
      },
      { kind: 'pause', pause_id: byAgent, scope_kind: 'agent', scope_value: 'a' },
    ]);
    const until = answer.holds[1]?.until;
    expect(until).toBe(
      (
        await db.pool.query<{ at: Date }>('select p.ends_at as at from active_pauses p where p.id = $1', [byAgent])
      ).rows[0]?.at.toISOString(),
    );
    expect(answer).toMatchObject({
      earliest_start: null,
      if_cleared: [
        { pause_id: byActor, ready_at: until },
        { pause_id: byAgent, ready_at: null },
      ],
    });
    await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where id = $1", [byActor]);
    expect(await why(id)).toMatchObject({
      can_start_now: false,
      earliest_start: until,
      if_cleared: [{ pause_id: byAgent }],
    });
  });

  test('P9 a task that was put off for a pause does not wait out that time once the pause is gone', async () => {
    const id = await addOne({ agent_id: 'a' });
    const pauseId = await pausePlus('agent', 'a', 600);
    await deferPaused(db.pool);
    expect((await findTask(db.pool, id))?.deferred_by).toBe(pauseId);
    expect(await kinds(id)).toEqual(['pause']);
    await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where id = $1", [pauseId]);
    expect(await why(id)).toMatchObject({ can_start_now: true, holds: [] });
  });

  test('a probe is not held by the pause that lets it through, and the others of its scope are', async () => {
    const [probe = '', other = ''] = await add(db.pool, { agent_id: 'a' }, { agent_id: 'a' });
    const pauseId = await pausePlus('agent', 'a', 600);
    await db.pool.query(
      `update senate_pause set paused_at = paused_at - interval '1 hour', ttl_seconds = 60, ends_as = 'probe'
         where id = $1`,
      [pauseId],
    );
    expect((await why(other)).holds[0]?.says).toContain('there is none yet');
    expect(await advanceProbes(db.pool)).toMatchObject({ let: 1 });
    expect(await why(probe)).toMatchObject({ can_start_now: true, holds: [] });
    expect((await why(other)).holds).toMatchObject([{ kind: 'pause', pause_id: pauseId, task_id: probe, until: null }]);
    await pausePlus('agent', 'a');
    expect((await why(probe)).holds).toMatchObject([{ kind: 'pause' }]);
  });

  test('the serial gate: who has it, and the place in line; a task between two stages goes before', async () => {
    const [first, second, third] = await add(db.pool, { repo: 'r' }, { repo: 'r' }, { repo: 'r' });
    expect((await why(third)).holds).toMatchObject([
      { kind: 'serial_gate', repo: 'r', position: 3, task_id: first, since: null },
    ]);
    const run = await start();
    expect((await why(second)).holds).toMatchObject([
      {
        kind: 'serial_gate',
        repo: 'r',
        position: 1,
        task_id: first,
        run_id: run.run_id,
        worker: 'w-1',
        host: 'box',
        since: (await findTask(db.pool, run.id))?.started_at,
      },
    ]);
    expect((await why(third)).holds).toMatchObject([{ kind: 'serial_gate', position: 2 }]);
    await limitRepo(db.pool, 'r', 'dana', 2);
    expect(await kinds(second)).toEqual([]);
    await limitRepo(db.pool, 'r', 'dana', 1);
    expect((await explainTask(db.pool, third ?? '', { gatedRepos: ['other'] })).holds).toEqual([]);
    await completeRun(db.pool, run.id, run.run_id, null);
    expect(await kinds(second)).toEqual([]);
    await db.pool.query('truncate tasks');
    const [urgent, staged] = await add(
      db.pool,
      { repo: 'r', priority: -5 },
      { repo: 'r', pipeline: 'default', stage: 'testing' },
    );
    await db.pool.query('update tasks set stage_since = now() where id = $1', [staged]);
    expect((await why(urgent)).holds).toMatchObject([{ kind: 'serial_gate', position: 2, task_id: staged }]);
    expect(await kinds(staged)).toEqual([]);
  });

  test('a frozen repo, besides its line', async () => {
    const [, second] = await add(db.pool, { repo: 'r' }, { repo: 'r' });
    await freezeRepo(db.pool, 'r', 'dana', 'main is broken');
    expect((await why(second)).holds).toMatchObject([
      { kind: 'frozen', by: 'dana', reason: 'main is broken', repo: 'r' },
      { kind: 'serial_gate', position: 2 },
    ]);
  });

  test('a park, a question, and both', async () => {
    const id = await addOne({ repo: 'r' });
    await parkTask(db.pool, id, { name: 'dana' }, 'waits for the vendor');
    expect((await why(id)).holds).toMatchObject([{ kind: 'parked', by: 'dana', reason: 'waits for the vendor' }]);
    await unparkTask(db.pool, id, { name: 'dana' });
    const run = await start();
    await askQuestion(db.pool, id, run.run_id, 'Which branch?');
    expect((await why(id)).holds).toMatchObject([{ kind: 'question', reason: 'Which branch?' }]);
    await unparkTask(db.pool, id, { name: 'dana' });
    await parkTask(db.pool, id, { name: 'dana' }, 'not now');
    expect(await kinds(id)).toEqual(['question', 'parked']);
    await answerQuestion(db.pool, id, 'main', 'dana');
    expect(await kinds(id)).toEqual(['parked']);
  });

  test('a question that holds the repo as well', async () => {
    const [id = '', behind] = await add(db.pool, { repo: 'r' }, { repo: 'r' });
    const run = await start();
    await askQuestion(db.pool, id, run.run_id, 'Which branch?', []);
    expect(await why(id)).toMatchObject({ status: 'held', can_start_now: false, holds: [{ kind: 'question' }] });
    expect((await why(behind)).holds[0]?.says).toContain(`task ${id}, which is held,`);
  });

  test('its environment, with what to repair; after the repair what else there is', async () => {
    const id = await addOne({ agent_id: 'a' });
    const run = await start();
    await holdRun(db.pool, id, run.run_id, { says: 'no space left', fix: 'empty /tmp' });
    await pausePlus('agent', 'a');
    expect(await why(id)).toMatchObject({
      status: 'held',
      holds: [
        { kind: 'held', reason: 'no space left', fix: 'empty /tmp', since: (await findTask(db.pool, id))?.held_at },
        { kind: 'pause' },
      ],
    });
    await resumeHeld(db.pool, id, 'dana', 'emptied');
    expect(await kinds(id)).toEqual(['pause']);
  });

  test('its time: added for later, and tried again', async () => {
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const id = await addOne({ not_before: later });
    expect(await why(id)).toMatchObject({
      can_start_now: false,
      holds: [{ kind: 'not_before', until: later }],
      earliest_start: later,
    });
    const failing = await addOne();
    const run = await start();
    await failRun(db.pool, failing, run.run_id, { error: 'boom', retry: true });
    // A second passes quickly on a slow machine.
    await db.pool.query("update tasks set next_eligible_at = now() + interval '1 hour' where id = $1", [failing]);
    expect((await why(failing)).holds).toMatchObject([
      {
        kind: 'not_before',
        until: (await findTask(db.pool, failing))?.next_eligible_at,
        says: expect.stringContaining('1 of 3 attempts'),
      },
    ]);
    const disturbed = await addOne();
    const stopped = await start();
    await retryRun(db.pool, disturbed, stopped.run_id, { says: 'the registry did not answer' });
    expect((await why(disturbed)).holds).toMatchObject([
      { kind: 'not_before', says: expect.stringContaining('disturbance') },
    ]);
  });

  test('no worker: by agents and skills, as a claim asks; a worker that runs something is still there', async () => {
    const [task, runners] = await add(db.pool, { agent_id: 'a', skill: 's' }, { skill: 'testing' });
    await db.pool.query('truncate worker_sightings');
    expect((await why(task)).holds).toMatchObject([
      { kind: 'no_worker', since: null, says: 'no worker asks for agent a and skill s: none has within a day' },
    ]);
    await recordWorkerPolls(db.pool, [
      { ...ASKS, wants: '1', skills: ['t'] },
      { ...ASKS, worker: 'w-2', wants: '2', agents: ['b'] },
    ]);
    expect(await kinds(task)).toEqual(['no_worker']);
    await recordWorkerPolls(db.pool, [
      { ...ASKS, worker: 'w-3', wants: '3', agents: ['a', 'b'], skills: ['s'], agoSeconds: 100 },
    ]);
    expect(await kinds(task)).toEqual([]);
    await db.pool.query("update worker_sightings set seen_at = now() - interval '10 minutes'");
    expect((await why(task)).holds).toMatchObject([
      { kind: 'no_worker', since: expect.any(String), says: expect.stringContaining('three minutes') },
    ]);
    await add(db.pool, { priority: -1 });
    await claim(db.pool, { worker: 'w-3', limit: 1 });
    expect(await kinds(task)).toEqual([]);
    // What is kept for a runner goes to claims alone that name it.
    await recordWorkerPolls(db.pool, [{ ...ASKS, wants: '4' }]);
    expect((await why(runners, { testing: true })).holds).toMatchObject([
      { kind: 'no_worker', says: expect.stringContaining('skill runner:testing') },
    ]);
    await recordWorkerPolls(db.pool, [{ ...ASKS, wants: '5', skills: ['runner:testing'] }]);
    expect((await why(runners, { testing: true })).holds).toEqual([]);
  });

  test('a run, an end, attempts used up; and a task that is not there', async () => {
    const id = await addOne({ max_attempts: 1 });
    const run = await start();
    expect(await why(id)).toMatchObject({
      status: 'running',
      can_start_now: false,
      earliest_start: null,
      holds: [{ kind: 'running', run_id: run.run_id, worker: 'w-1', host: 'box' }],
    });
    await failRun(db.pool, id, run.run_id, { error: 'boom', retry: true });
    expect(await why(id)).toMatchObject({
      status: 'failed',
      can_start_now: false,
      holds: [{ kind: 'attempts', reason: 'boom', since: expect.any(String) }],
    });
    const gaveUp = await addOne();
    await failRun(db.pool, gaveUp, (await start()).run_id, { error: 'bad payload', retry: false });
    expect((await why(gaveUp)).holds).toMatchObject([{ kind: 'ended', reason: 'bad payload' }]);
    const done = await addOne();
    await completeRun(db.pool, done, (await start()).run_id, null);
    expect(await why(done)).toMatchObject({
      status: 'succeeded',
      can_start_now: false,
      holds: [{ kind: 'ended', says: 'it is done' }],
    });
    await expect(why('999999')).rejects.toThrow(TaskError);
  });
});

describe('those in front', () => {
  test('who may start and comes first: not what is paused, parked, added for later, or behind another in its repo’s line', async () => {
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const added = await add(
      db.pool,
      { agent_id: 'b' },
      { agent_id: 'b', skill: 's' },
      { priority: -1, agent_id: 'b' },
      { repo: 'r' },
      { repo: 'r' },
      { repo: 'q' },
      { agent_id: 'a' },
      { not_before: later },
      { agent_id: 'b' },
      { agent_id: 'z' },
      { agent_id: 'b' },
      { priority: 1 },
    );
    await pausePlus('agent', 'a');
    await parkTask(db.pool, added[1] ?? '', { name: 'dana' }, 'x');
    await freezeRepo(db.pool, 'q', 'dana', 'x');
    const asked = added[9] ?? '';
    expect((await why(asked)).ahead).toEqual({ count: 4, more: false });
    expect(ids(await claim(db.pool, { limit: 5 })).at(-1)).toBe(asked);
  });

  test('they are counted up to a thousand, however many wait', async () => {
    await db.pool.query("insert into tasks (agent_id, created_by) select 'b', 'test' from generate_series(1, 1500)");
    const id = await addOne({ agent_id: 'c' });
    expect((await why(id)).ahead).toEqual({ count: 1_000, more: true });
  });
});

test('what may start by this is what a claim takes, over every combination of holds', async () => {
  const later = new Date(Date.now() + 3_600_000).toISOString();
  const added = await add(
    db.pool,
    ...['a', 'b'].flatMap((agent_id) =>
      [undefined, 'r', 'q', 'f'].flatMap((repo) =>
        [undefined, later].flatMap((not_before) =>
          ['s', 't'].map((skill): NewTask => ({
            agent_id,
            skill,
            ...(repo === undefined ? {} : { repo }),
            ...(not_before === undefined ? {} : { not_before }),
          })),
        ),
      ),
    ),
  );
  await pausePlus('agent', 'a', 600);
  await freezeRepo(db.pool, 'f', 'dana', 'x');
  const inLine = (await listTasks(db.pool, { repo: 'q', limit: 50 })).at(-1);
  await parkTask(db.pool, inLine?.id ?? '', { name: 'dana' }, 'x');
  const free = await listTasks(db.pool, { agentId: 'b', skill: 's', limit: 50 });
  await parkTask(db.pool, free.find((task) => task.repo === null)?.id ?? '', { name: 'dana' }, 'x');
  const answers = await Promise.all(added.map((id) => why(id)));
  const mayStart = answers.filter((answer) => answer.can_start_now).map((answer) => answer.task_id);
  expect(mayStart.length).toBeGreaterThan(0);
  expect(ids(await claim(db.pool, { limit: 100 })).toSorted()).toEqual(mayStart.toSorted());
});

describe('sightings', () => {
  test('one row for each worker and what it asks for; the later one stands', async () => {
    await recordWorkerPolls(db.pool, [
      { ...ASKS, agoSeconds: 5 },
      { ...ASKS, worker: 'w-2', agents: ['a', 'b'], skills: ['s'] },
    ]);
    await recordWorkerPolls(db.pool, [{ ...ASKS, agoSeconds: 600, host: 'other' }]);
    const { rows } = await db.pool.query(
      `select s.worker, s.host, s.agents, s.skills, s.seen_at > now() - interval '1 minute' as lately
         from worker_sightings s
        order by s.worker`,
    );
    expect(rows).toEqual([
      { worker: 'w-1', host: 'other', agents: null, skills: null, lately: true },
      { worker: 'w-2', host: 'box', agents: ['a', 'b'], skills: ['s'], lately: true },
    ]);
  });

  test('they are forgotten after a day, but those of a worker that still runs something', async () => {
    await add(db.pool, {});
    await claim(db.pool, { worker: 'w-2' });
    await recordWorkerPolls(db.pool, [
      { ...ASKS, worker: 'w-2', agoSeconds: 100_000 },
      { ...ASKS, worker: 'w-3', agoSeconds: 100_000 },
    ]);
    expect(await forgetOldSightings(db.pool)).toBe(1);
    expect((await db.pool.query('select s.worker from worker_sightings s order by s.worker')).rows).toEqual([
      { worker: 'w-1' },
      { worker: 'w-2' },
    ]);
  });
});

describe('lists of tasks', () => {
  const list = async (filter: Partial<TaskFilter>): Promise<string[]> =>
    ids(await listTasks(db.pool, { limit: 50, ...filter }));

  test('held by a pause: what waits under it, newest first, page by page, and narrowed like any list', async () => {
    const added = await add(
      db.pool,
      { agent_id: 'a' },
      { agent_id: 'b' },
      { agent_id: 'a', skill: 's' },
      { agent_id: 'a', priority: 3 },
      { agent_id: 'a' },
    );
    const [one, , two, three, four = ''] = added;
    const heldBy = await pausePlus('agent', 'a');
    expect(await list({ heldBy })).toEqual([four, three, two, one]);
    expect(await list({ heldBy, limit: 1 })).toEqual([four]);
    expect(await list({ heldBy, limit: 2 })).toEqual([four, three]);
    expect(await list({ heldBy, limit: 2, beforeId: three })).toEqual([two, one]);
    expect(await list({ heldBy, skill: 's' })).toEqual([two]);
    expect(await list({ heldBy, status: 'running' })).toEqual([]);
    await parkTask(db.pool, four, { name: 'dana' }, 'x');
    expect(await list({ heldBy, parked: true })).toEqual([four]);
    expect(await list({ heldBy: '999999' })).toEqual([]);
    await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where id = $1", [heldBy]);
    expect(await list({ heldBy })).toEqual([]);
  });

  test('by when they were added: from this instant on, and before that one', async () => {
    const [old = '', middle = '', young = ''] = await add(db.pool, {}, {}, {});
    for (const [id, at] of [
      [old, '2026-01-01T00:00:00Z'],
      [middle, '2026-01-02T00:00:00Z'],
      [young, '2026-01-03T00:00:00Z'],
    ])
      await db.pool.query('update tasks set created_at = $2 where id = $1', [id, at]);
    expect(await list({ createdSince: '2026-01-02T00:00:00Z' })).toEqual([young, middle]);
    expect(await list({ createdUntil: '2026-01-02T00:00:00Z' })).toEqual([old]);
    expect(await list({ createdSince: '2026-01-01T01:00:00+01:00', createdUntil: '2026-01-03T00:00:00Z' })).toEqual([
      middle,
      old,
    ]);
  });
});

test('without one pause: when it is ready, and how many stand in front of it for the same workers, those of that pause among them', async () => {
  await db.pool.query('truncate worker_sightings');
  await recordWorkerPolls(db.pool, [{ ...ASKS, wants: 'some', agents: ['a', 'b'] }]);
  await add(
    db.pool,
    { agent_id: 'a' },
    { agent_id: 'a' },
    { agent_id: 'b' },
    { agent_id: 'elsewhere' },
    { agent_id: 'a', quest_id: 'q' },
  );
  const id = await addOne({ agent_id: 'a' });
  const [byAgent, byQuest] = [await pausePlus('agent', 'a'), await pausePlus('quest', 'q')];
  expect((await why(id)).ahead).toEqual({ count: 2, more: false });
  const answer = await why(id);
  expect(answer.if_cleared).toEqual([{ pause_id: byAgent, ready_at: answer.at, ahead: { count: 3, more: false } }]);
  expect(byQuest).not.toBe(byAgent);
});
