import { makePool } from '@orchestra/database';
import { checkAutoPause, unpauseScope } from '@orchestra/pause-core';
import { PATIENT, testDatabase } from '@orchestra/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  answerQuestion,
  askQuestion,
  CLAIM_SETTINGS,
  completeRun,
  DEFAULT_PIPELINES,
  finishRuns,
  failRun,
  findTask,
  freezeRepo,
  holdRun,
  listTaskEvents,
  makeStageRules,
  nextStep,
  parkTask,
  readSerialGate,
  reapRuns,
  releaseRun,
  resumeHeld,
  retryRun,
  TaskError,
  unparkTask,
  type Pipeline,
  type Step,
} from '../src/index.ts';
import {
  OUTCOMES,
  type ClaimedTask,
  type Ending,
  type NewTask,
  type OutcomeKind,
  type TaskView,
} from '../src/contract/index.ts';
import { add, claim, ids, pause } from './fixtures.ts';
import { wrongGates } from './gate-recount.ts';

const db = testDatabase();
const SAYS = { says: 'docker: command not found', fix: 'install docker on the runner’s host' };

beforeEach(async () => {
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  await db.pool.query('truncate tasks, task_event_rows, event_batches, senate_alerts');
  await db.pool.query('update repo_gates set frozen_at = null, max_in_progress = 1');
});

const staged = (task: NewTask = {}): NewTask => ({ pipeline: 'default', ...task });
const view = async (id: string): Promise<TaskView> => {
  const task = await findTask(db.pool, id);
  if (task === undefined) throw new Error(`task ${id} not found`);
  return task;
};
const one = async (order: Parameters<typeof claim>[1] = {}): Promise<ClaimedTask> => {
  const [run] = await claim(db.pool, { limit: 1, ...order });
  if (run === undefined) throw new Error('there is nothing to claim');
  return run;
};
const pass = async (stages = 1): Promise<ClaimedTask> => {
  let run = await one();
  for (let passed = 0; passed < stages; passed++) {
    await completeRun(db.pool, run.id, run.run_id, null);
    if (passed < stages - 1) run = await one();
  }
  return run;
};
const stageEvents = async (id: string): Promise<string[]> =>
  (await listTaskEvents(db.pool, id, { limit: 200 }))
    .filter(({ kind }) => kind === 'stage')
    .map(({ data }) => {
      const { from, to, outcome } = data as { from: string; to: string; outcome: string };
      return `${from} -> ${to}: ${outcome}`;
    });
const kinds = async (id: string): Promise<string[]> =>
  (await listTaskEvents(db.pool, id, { limit: 200 })).map((event) => event.kind);
const dueNow = (): Promise<unknown> =>
  db.pool.query("update tasks set next_eligible_at = now() where status = 'queued'");

describe('entering a pipeline', () => {
  test('a task begins in the first stage or the one it names, with the skill of that stage', async () => {
    const [first = '', named = '', byStage = '', plain = ''] = await add(
      db.pool,
      staged(),
      staged({ stage: 'testing' }),
      { stage: 'review', skill: 'review' },
      {},
    );
    expect(await view(first)).toMatchObject({
      pipeline: 'default',
      stage: 'analysis',
      skill: 'analysis',
      stage_since: null,
    });
    expect(await view(named)).toMatchObject({ stage: 'testing', skill: 'testing' });
    expect(await view(byStage)).toMatchObject({ pipeline: 'default', stage: 'review' });
    expect(await view(plain)).toMatchObject({ pipeline: null, stage: null, skill: null });
    expect(await claim(db.pool)).toMatchObject([
      { stage: 'analysis' },
      { pipeline: 'default', stage: 'testing' },
      { stage: 'review' },
      { pipeline: null, stage: null },
    ]);
  });

  test.each([
    ['an unknown pipeline', staged({ pipeline: 'fast' }), /no pipeline fast; there is: default$/],
    [
      'an unknown stage',
      staged({ stage: 'lunch' }),
      /no stage lunch; it has: analysis, development, review, testing, staging, deploy$/,
    ],
    ['the wrong skill', staged({ skill: 'debate' }), /stage analysis .* is run by the skill analysis, not debate/],
  ])('%s is refused with the list, and nothing of the call is added', async (_what, task, message) => {
    await expect(add(db.pool, {}, task)).rejects.toMatchObject({
      code: 'unknown_stage',
      message: expect.stringMatching(message),
    });
    expect(await claim(db.pool)).toEqual([]);
  });
});

describe('from stage to stage', () => {
  test('P12 a task that passes every stage is through, in six runs, and each move has its event', async () => {
    const [id = ''] = await add(db.pool, staged({ repo: 'r', quest_id: 'q' }));
    for (const stage of ['analysis', 'development', 'review', 'testing', 'staging', 'deploy']) {
      const run = await one({ skills: [stage] });
      expect(run).toMatchObject({ id, stage, skill: stage, attempt: 1, cursor: null, quest_id: 'q' });
      await completeRun(db.pool, id, run.run_id, { of: stage });
    }
    expect(await view(id)).toMatchObject({
      status: 'succeeded',
      stage: 'done',
      skill: 'deploy',
      last_outcome: 'passed',
      result: { of: 'deploy' },
    });
    expect(await stageEvents(id)).toEqual([
      'analysis -> development: passed',
      'development -> review: passed',
      'review -> testing: passed',
      'testing -> staging: passed',
      'staging -> deploy: passed',
      'deploy -> done: passed',
    ]);
    expect((await kinds(id)).filter((kind) => kind === 'completed')).toHaveLength(6);
    expect(await wrongGates(db.pool)).toEqual([]);
  });

  test('a failed suite goes back to development, in its old place, and each stage counts its own failures until it is passed', async () => {
    const [id = ''] = await add(db.pool, staged({ stage: 'development', max_attempts: 2 }));
    await pass(2);
    const failing = await one();
    expect(failing).toMatchObject({ stage: 'testing', attempt: 1 });
    expect(await failRun(db.pool, id, failing.run_id, { error: '3 tests failed', retry: true })).toMatchObject({
      status: 'queued',
    });
    expect(await view(id)).toMatchObject({
      stage: 'development',
      skill: 'development',
      attempt: 0,
      last_outcome: 'failed',
    });
    await pass(2);
    const again = await one();
    expect(again, 'its second attempt at this stage').toMatchObject({ stage: 'testing', attempt: 2 });
    expect(await failRun(db.pool, id, again.run_id, { error: '1 test failed', retry: true })).toEqual({
      status: 'failed',
      next_eligible_at: null,
    });
    expect(await view(id)).toMatchObject({ status: 'failed', stage: 'testing', attempt: 2 });
    expect(await stageEvents(id)).toEqual([
      'development -> review: passed',
      'review -> testing: passed',
      'testing -> development: failed',
      'development -> review: passed',
      'review -> testing: passed',
    ]);
  });

  test('a stage that is passed begins anew, should the task come back to it', async () => {
    const [id = ''] = await add(db.pool, staged({ stage: 'testing', max_attempts: 2 }));
    const fail = async (): Promise<void> => {
      const run = await one();
      await failRun(db.pool, id, run.run_id, { error: 'no', retry: true });
    };
    await fail(); // testing, once
    await pass(3); // development, review, testing
    await fail(); // staging, once
    await pass(2);
    expect(await one()).toMatchObject({ stage: 'testing', attempt: 1 });
  });

  test('a stage whose way back is itself is tried again after a delay', async () => {
    const [id = ''] = await add(db.pool, staged({ max_attempts: 2 }));
    const run = await one();
    const answer = await failRun(db.pool, id, run.run_id, { error: 'no', retry: true });
    expect(answer.status).toBe('queued');
    expect(answer.next_eligible_at).not.toBeNull();
    expect(await claim(db.pool)).toEqual([]);
    await dueNow();
    expect(await one()).toMatchObject({ stage: 'analysis', attempt: 2 });
    expect(await stageEvents(id)).toEqual([]);
  });

  test('P9 between two stages a task keeps its place, before what was added later', async () => {
    const [first = '', second = ''] = await add(db.pool, staged(), staged());
    const run = await one();
    expect(run.id).toBe(first);
    await completeRun(db.pool, first, run.run_id, null);
    expect(ids(await claim(db.pool))).toEqual([first, second]);
  });

  test('P10 an ending told twice moves the task once, and one of another kind is refused', async () => {
    const [id = ''] = await add(db.pool, staged());
    const run = await one();
    const first = await completeRun(db.pool, id, run.run_id, null);
    expect(await completeRun(db.pool, id, run.run_id, null)).toEqual(first);
    await expect(failRun(db.pool, id, run.run_id, { error: 'no', retry: true })).rejects.toMatchObject({
      code: 'run_not_owner',
    });
    await expect(holdRun(db.pool, id, run.run_id, SAYS)).rejects.toMatchObject({ code: 'run_not_owner' });
    expect(await stageEvents(id)).toEqual(['analysis -> development: passed']);
  });

  test('P10 a run that was taken away ends nothing, also when another worker has the task by now', async () => {
    const [id = ''] = await add(db.pool, staged());
    const lost = await one();
    await db.pool.query("update tasks set heartbeat_at = now() - interval '1 hour'");
    await reapRuns(db.pool, 60);
    const mine = await one({ worker: 'w-2' });
    for (const ending of [
      { as: 'completed' },
      { as: 'failed', error: 'no', retry: true },
      { as: 'held', ...SAYS },
      { as: 'retried', ...SAYS },
    ] as const) {
      expect(await finishRuns(db.pool, [{ ...ending, id, run_id: lost.run_id }])).toMatchObject([
        { outcome: 'refused', refused: { code: 'run_not_owner' } },
      ]);
    }
    expect(await view(id)).toMatchObject({ status: 'running', run_id: mine.run_id, stage: 'analysis' });
  });

  test('P10 one call ends plain tasks and tasks with stages, and what is refused changes nothing for the others', async () => {
    const [plain = '', moved = '', held = '', lost = ''] = await add(db.pool, {}, staged(), {}, staged());
    const runs = new Map((await claim(db.pool)).map((run) => [run.id, run.run_id]));
    await db.pool.query("update tasks set heartbeat_at = now() - interval '1 hour' where id = $1", [lost]);
    await reapRuns(db.pool, 60);
    const run = (id: string) => ({ id, run_id: runs.get(id) ?? '' });
    const endings: Ending[] = [
      { as: 'completed', ...run(plain) },
      { as: 'completed', ...run(moved) },
      { as: 'held', ...run(held), ...SAYS },
      { as: 'completed', ...run(lost) },
    ];
    const answers = await finishRuns(db.pool, endings);
    expect(answers.map(({ outcome, status }) => [outcome, status])).toEqual([
      ['accepted', 'succeeded'],
      ['accepted', 'queued'],
      ['accepted', 'held'],
      ['refused', null],
    ]);
    expect((await finishRuns(db.pool, endings)).map(({ outcome, status }) => [outcome, status])).toEqual([
      ['repeated', 'succeeded'],
      ['repeated', 'queued'],
      ['repeated', 'held'],
      ['refused', null],
    ]);
  });

  test('nothing else moves a task: a change of its stage by hand is refused, whatever its status', async () => {
    const [id = ''] = await add(db.pool, staged());
    const byHand = (set: string) => db.pool.query(`update tasks set ${set} where id = $1`, [id]);
    await expect(byHand("stage = 'deploy'")).rejects.toThrow(/changes when a run of it ends/);
    await one();
    await expect(byHand("stage = 'deploy'")).rejects.toThrow(/changes when a run of it ends/);
    await expect(
      byHand("stage = 'deploy', status = 'queued', run_id = null, pid = null, started_at = null"),
    ).rejects.toThrow(/changes when a run of it ends/);
    await expect(byHand("pipeline = 'other'")).rejects.toThrow(/changes when a run of it ends/);
    expect(await view(id)).toMatchObject({ stage: 'analysis' });
    await expect(
      byHand("status = 'succeeded', run_id = null, pid = null, started_at = null"),
      'one stage is not all of them',
    ).rejects.toThrow(/tasks_succeeded_is_through/);
  });

  test('P9 a pause of the skill of a stage holds what arrives there, and lets it go on when it ends', async () => {
    const [id = ''] = await add(db.pool, staged({ stage: 'review', repo: 'r' }));
    const scope = { kind: 'skill', value: 'testing' } as const;
    await pause(db.pool, scope);
    await pass();
    expect(await view(id)).toMatchObject({ status: 'queued', stage: 'testing' });
    expect(await claim(db.pool)).toEqual([]);
    await unpauseScope(db.pool, { target: scope, by: 'dana' });
    expect(await one()).toMatchObject({ id, stage: 'testing' });
  });

  test('P11 a question parks the task in its stage, and the answer resumes it there', async () => {
    const [id = ''] = await add(db.pool, staged());
    await pass();
    const run = await one();
    await askQuestion(db.pool, id, run.run_id, 'Which branch?');
    expect(await view(id)).toMatchObject({
      status: 'queued',
      stage: 'development',
      attempt: 0,
      pause_reason: 'asks a question',
    });
    await answerQuestion(db.pool, id, 'main', 'dana');
    expect(await one()).toMatchObject({ stage: 'development', answer: 'main', attempt: 1 });
  });

  test('P11 released and reaped runs leave the task in its stage, with no attempt used', async () => {
    const [id = ''] = await add(db.pool, staged());
    const run = await pass();
    expect(run.stage).toBe('analysis');
    const released = await one();
    await releaseRun(db.pool, id, released.run_id, { cause: 'pause', cursor: { line: 7 } });
    const reaped = await one();
    expect(reaped).toMatchObject({ stage: 'development', cursor: { line: 7 }, attempt: 1 });
    await db.pool.query("update tasks set heartbeat_at = now() - interval '1 hour'");
    await reapRuns(db.pool, 60);
    expect(await one()).toMatchObject({ stage: 'development', attempt: 1 });
  });

  test('a stage that is declared no more holds its task, saying what to do; declared again, the stage is run once more', async () => {
    const [id = ''] = await add(db.pool, staged({ stage: 'review' }));
    const without = makeStageRules({
      pipelines: [
        { name: 'default', stages: (DEFAULT_PIPELINES[0]?.stages ?? []).filter(({ name }) => name !== 'review') },
      ],
    });
    const run = await one();
    expect(await completeRun(db.pool, id, run.run_id, 'kept', without)).toEqual({
      status: 'held',
      next_eligible_at: null,
    });
    expect(await view(id)).toMatchObject({
      stage: 'review',
      attempt: 0,
      result: 'kept',
      held_evidence: { says: expect.stringContaining('has no stage review') },
    });
    await resumeHeld(db.pool, id, 'dana', null);
    expect(await one()).toMatchObject({ stage: 'review', attempt: 1 });
  });
});

describe('the statement and the rule in TypeScript', () => {
  const table: Pipeline = {
    name: 'default',
    stages: [
      {
        name: 'a',
        skill: 's-a',
        runner: null,
        report: null,
        deliverables: [],
        onPass: 'b',
        onFail: 'a',
        onNeedsInput: 'a',
      },
      {
        name: 'b',
        skill: 's-b',
        runner: null,
        report: null,
        deliverables: [],
        onPass: 'c',
        onFail: 'a',
        onNeedsInput: 'b',
      },
      {
        name: 'c',
        skill: 's-c',
        runner: null,
        report: null,
        deliverables: [],
        onPass: 'done',
        onFail: 'b',
        onNeedsInput: 'c',
      },
    ],
  };
  const rules = makeStageRules({ pipelines: [table], transientRetries: 1 });
  const END: Record<OutcomeKind, (run: ClaimedTask) => Promise<unknown>> = {
    passed: (run) => completeRun(db.pool, run.id, run.run_id, null, rules),
    failed: (run) => failRun(db.pool, run.id, run.run_id, { error: 'no', retry: true }, rules),
    environment: (run) => holdRun(db.pool, run.id, run.run_id, SAYS, rules),
    transient: (run) => retryRun(db.pool, run.id, run.run_id, { says: 'connection reset' }, rules),
  };
  const cells = ['a', 'b', 'c', 'gone'].flatMap((stage) =>
    OUTCOMES.flatMap((outcome) =>
      [
        { attempts: true, retries: true },
        { attempts: false, retries: false },
      ].map((left) => ({ stage, outcome, left })),
    ),
  );

  test.each(cells)('from $stage, $outcome with $left', async ({ stage, outcome, left }) => {
    await db.pool.query(
      'insert into tasks (pipeline, stage, skill, max_attempts, transient_failures) values ($1, $2, $3, $4, $5)',
      ['default', stage, `s-${stage}`, left.attempts ? 2 : 1, left.retries ? 0 : 1],
    );
    const run = await one();
    await END[outcome](run);
    const after = await view(run.id);
    const step = nextStep(table, stage, outcome, left);
    expect(shown(after, step), JSON.stringify(step)).toEqual(expected(step, stage));
  });

  const expected = (step: Step, stage: string) =>
    ({
      moves: () => ({
        status: 'queued',
        stage: step.then === 'moves' ? step.to.name : '',
        skill: step.then === 'moves' ? step.to.skill : '',
        attempt: 0,
      }),
      again: () => ({
        status: 'queued',
        stage,
        skill: `s-${stage}`,
        attempt: step.then === 'again' && step.attemptUsed ? 1 : 0,
      }),
      done: () => ({ status: 'succeeded', stage: 'done', skill: `s-${stage}`, attempt: 1 }),
      fails: () => ({ status: 'failed', stage, skill: `s-${stage}`, attempt: 1 }),
      held: () => ({ status: 'held', stage, skill: `s-${stage}`, attempt: 0 }),
      waits: () => {
        throw new Error('no ending of this kind');
      },
    })[step.then]();
  const shown = ({ status, stage, skill, attempt }: TaskView, _step: Step) => ({ status, stage, skill, attempt });
});

describe('held and retried', () => {
  test('P11 an environment that stops a run holds its task: with the evidence, an alert, and no attempt used', async () => {
    const [id = '', second = ''] = await add(
      db.pool,
      staged({ stage: 'staging', repo: 'r', actor_id: 'acct-1', max_attempts: 1 }),
      { repo: 'r' },
    );
    const run = await one();
    expect(await holdRun(db.pool, id, run.run_id, { ...SAYS, cursor: { at: 3 } })).toEqual({
      status: 'held',
      next_eligible_at: null,
    });
    expect(await view(id)).toMatchObject({
      status: 'held',
      stage: 'staging',
      attempt: 0,
      run_id: null,
      last_outcome: 'environment',
      held_evidence: { ...SAYS, retries: 0 },
      held_at: expect.any(String),
      cursor: { at: 3 },
    });
    expect(await claim(db.pool), 'its repo waits with it').toEqual([]);
    expect((await readSerialGate(db.pool)).repos).toMatchObject([
      {
        in_progress: 1,
        waiting: 1,
        holders: [{ task_id: id, status: 'held', run_id: null, since: expect.any(String) }],
        head: { task_id: second, waiting_for: 'gate' },
      },
    ]);
    const { rows } = await db.pool.query('select kind, severity, ref_id, details from senate_alerts');
    expect(rows).toMatchObject([
      {
        kind: 'task_held',
        severity: 'high',
        ref_id: 'acct-1',
        details: { task_id: id, run_id: run.run_id, stage: 'staging', ...SAYS },
      },
    ]);
    expect((await listTaskEvents(db.pool, id, { limit: 10 })).at(-1)).toMatchObject({
      kind: 'held',
      by: 'w-1',
      run_id: run.run_id,
      data: { ...SAYS, status: 'held' },
    });
    expect(await wrongGates(db.pool)).toEqual([]);
  });

  test('P11 P12 after the repair it goes on in its old place and stage, with its attempts untouched, and the history says who and why', async () => {
    const [id = ''] = await add(db.pool, staged({ repo: 'r' }), { repo: 'r' });
    await pass();
    const run = await one();
    await holdRun(db.pool, id, run.run_id, SAYS);
    expect(await resumeHeld(db.pool, id, 'dana', 'docker is back')).toMatchObject({
      status: 'queued',
      stage: 'development',
      held_at: null,
      held_evidence: null,
      attempt: 0,
    });
    expect((await listTaskEvents(db.pool, id, { limit: 20 })).at(-1)).toMatchObject({
      kind: 'resumed',
      by: 'dana',
      data: { why: 'docker is back', evidence: SAYS },
    });
    const { rows } = await db.pool.query(
      "select by, why, data from senate_audit where action = 'task.resumed' and subject_id = $1",
      [id],
    );
    expect(rows).toMatchObject([{ by: 'dana', why: 'docker is back', data: { evidence: SAYS } }]);
    expect(await one()).toMatchObject({ id, stage: 'development', attempt: 1 });
    expect(await wrongGates(db.pool)).toEqual([]);
  });

  test('what is not held for its environment is refused, and says what it waits for', async () => {
    const [id = '', asks = ''] = await add(db.pool, {}, { repo: 'r' });
    const no = (detail: RegExp) => ({ code: 'task_not_held', message: expect.stringMatching(detail) });
    await expect(resumeHeld(db.pool, '999999', 'dana', null)).rejects.toMatchObject({ code: 'task_not_found' });
    await expect(resumeHeld(db.pool, id, 'dana', null)).rejects.toMatchObject(no(/is queued, not held/));
    const runs = await claim(db.pool);
    await askQuestion(db.pool, asks, runs.find((run) => run.id === asks)?.run_id ?? '', 'Which?', []);
    await expect(resumeHeld(db.pool, asks, 'dana', null)).rejects.toMatchObject(
      no(/held for its question; `orchestra task answer/),
    );
    expect((await db.pool.query('select from senate_alerts')).rowCount, 'a question is no alert').toBe(0);
  });

  test('a held task that is parked lets its repo go on, and is let go on all the same', async () => {
    const [id = '', next] = await add(db.pool, staged({ repo: 'r' }), { repo: 'r' });
    await holdRun(db.pool, id, (await one()).run_id, SAYS);
    await parkTask(db.pool, id, { name: 'dana' }, 'the vendor is asleep');
    expect((await one()).id).toBe(next);
    expect(await resumeHeld(db.pool, id, 'dana', null)).toMatchObject({ status: 'queued', paused_by: 'dana' });
    expect(await wrongGates(db.pool)).toEqual([]);
  });

  test('repeated with its key, letting go is no error', async () => {
    const [id = ''] = await add(db.pool, {});
    await holdRun(db.pool, id, (await one()).run_id, SAYS);
    const idempotency = { principal: 'dana', key: `resume-${id}`, request: id };
    const first = await resumeHeld(db.pool, id, 'dana', null, idempotency);
    expect(await resumeHeld(db.pool, id, 'dana', null, idempotency)).toEqual(first);
    await expect(resumeHeld(db.pool, id, 'dana', null)).rejects.toMatchObject({ code: 'task_not_held' });
  });

  test('an answer to an old question does not end a hold, and a hold that was let go does not end a park', async () => {
    const [id = ''] = await add(db.pool, {});
    await askQuestion(db.pool, id, (await one()).run_id, 'Which?');
    await unparkTask(db.pool, id, { name: 'dana' });
    const run = await one();
    await parkTask(db.pool, id, { name: 'dana' }, 'too dear');
    await holdRun(db.pool, id, run.run_id, SAYS);
    expect(await answerQuestion(db.pool, id, 'main', 'lee')).toMatchObject({ status: 'held', answer: 'main' });
    expect(await resumeHeld(db.pool, id, 'dana', null)).toMatchObject({ status: 'queued', paused_by: 'dana' });
    expect(await claim(db.pool)).toEqual([]);
  });

  test('P11 a disturbance is tried again so many times in a row, each after a longer while, and then holds; no attempt is used', async () => {
    const [id = ''] = await add(db.pool, staged({ stage: 'testing', max_attempts: 1, actor_id: 'acct-1' }));
    const rules = makeStageRules({ transientRetries: 3 });
    const waits: number[] = [];
    for (let tried = 1; tried <= 3; tried++) {
      const run = await one();
      expect(run.attempt).toBe(1);
      const answer = await retryRun(db.pool, id, run.run_id, { says: 'connection reset' }, rules);
      expect(answer.status).toBe('queued');
      const {
        rows: [row],
      } = await db.pool.query<{ seconds: number }>(
        `select extract(epoch from t.next_eligible_at - e.at)::float8 as seconds
           from tasks t
           join task_events e on e.task_id = t.id and e.kind = 'retried'
          where t.id = $1
          order by e.id desc
          limit 1`,
        [id],
      );
      waits.push(row?.seconds ?? 0);
      expect(await view(id)).toMatchObject({
        attempt: 0,
        transient_failures: tried,
        last_outcome: 'transient',
        stage: 'testing',
      });
      await dueNow();
    }
    for (const [index, seconds] of waits.entries()) {
      expect(seconds).toBeGreaterThanOrEqual(2.5 * 2 ** index);
      expect(seconds).toBeLessThanOrEqual(5 * 2 ** index);
    }
    const last = await one();
    const held = await retryRun(db.pool, id, last.run_id, { says: 'connection reset' }, rules);
    expect(held).toEqual({ status: 'held', next_eligible_at: null });
    expect(await retryRun(db.pool, id, last.run_id, { says: 'connection reset' }, rules), 'told twice').toEqual(held);
    expect(await view(id)).toMatchObject({ attempt: 0, held_evidence: { says: 'connection reset', retries: 3 } });
    expect((await kinds(id)).filter((kind) => kind === 'retried' || kind === 'held')).toEqual([
      'retried',
      'retried',
      'retried',
      'held',
    ]);
    expect(
      (await db.pool.query("select from senate_alerts where kind = 'task_held' and severity = 'high'")).rowCount,
    ).toBe(1);
    expect(await resumeHeld(db.pool, id, 'dana', null)).toMatchObject({ transient_failures: 0 });
  });

  test('tasks that one disturbance stopped do not come back all at once', async () => {
    await add(db.pool, ...Array.from({ length: 20 }, () => ({})));
    const runs = await claim(db.pool, { limit: 20 });
    const answers = await finishRuns(
      db.pool,
      runs.map(({ id, run_id }): Ending => ({ as: 'retried', id, run_id, says: 'connection reset' })),
    );
    expect(new Set(answers.map((answer) => answer.next_eligible_at)).size).toBeGreaterThan(10);
  });

  test('a run that ends otherwise begins the count of disturbances anew', async () => {
    const [id = ''] = await add(db.pool, staged({ stage: 'testing' }));
    await retryRun(db.pool, id, (await one()).run_id, { says: 'reset' });
    await dueNow();
    await pass();
    expect(await view(id)).toMatchObject({ stage: 'staging', transient_failures: 0 });
  });

  test('P14 held tasks bring no auto-pause, whatever the severity of such alerts and whatever the rule', async () => {
    const alert = (kind: string) =>
      db.pool.query("insert into senate_alerts (kind, ref_id, severity) values ($1, 'acct-9', 'critical')", [kind]);
    const rule = { alerts: 2, windowMs: 300_000, pauseMs: 60_000 };
    for (let n = 0; n < 5; n++) await alert('task_held');
    expect(await checkAutoPause(db.pool, 'acct-9', rule)).toBeNull();
    await alert('runaway');
    expect(await checkAutoPause(db.pool, 'acct-9', rule)).toBeNull();
    await alert('cost');
    expect(await checkAutoPause(db.pool, 'acct-9', rule)).toMatchObject({ actor: 'acct-9' });
  });

  test('a held task names no run, by whatever door it comes', async () => {
    await add(db.pool, {});
    await one();
    await expect(db.pool.query("update tasks set status = 'held'")).rejects.toThrow(/tasks_held_is_unowned/);
  });
});

describe('the serial gate between two stages', () => {
  test('a task between two stages holds its repo: nobody else starts, whatever its priority, and it is counted once', async () => {
    const [first = ''] = await add(db.pool, staged({ repo: 'r' }));
    await pass();
    const [, urgent = ''] = await add(db.pool, { repo: 'r' }, { repo: 'r', priority: -10 });
    expect((await readSerialGate(db.pool)).repos).toMatchObject([
      {
        in_progress: 1,
        waiting: 2,
        head: { task_id: first, waiting_for: 'worker' },
        holders: [{ task_id: first, status: 'queued', run_id: null }],
      },
    ]);
    expect(await claim(db.pool, { skills: ['review'] }), 'for another skill').toEqual([]);
    const run = await one();
    expect(run).toMatchObject({ id: first, stage: 'development' });
    expect((await readSerialGate(db.pool)).repos).toMatchObject([{ in_progress: 1, waiting: 2 }]);
    expect(await claim(db.pool)).toEqual([]);
    await failRun(db.pool, first, run.run_id, { error: 'for good', retry: false });
    expect((await one()).id).toBe(urgent);
    expect(await wrongGates(db.pool)).toEqual([]);
  });

  test('with room for two, those that have begun go on before an urgent one that has not', async () => {
    await db.pool.query(
      `insert into repo_gates (repo, max_in_progress) values ('r', 2) on conflict (repo) do update
         set max_in_progress = 2`,
    );
    const [first = '', second = ''] = await add(db.pool, staged({ repo: 'r' }), staged({ repo: 'r' }));
    // A claim takes one task of a repo at the most.
    const runs = [await one(), await one()];
    await finishRuns(
      db.pool,
      runs.map(({ id, run_id }): Ending => ({ as: 'completed', id, run_id })),
    );
    const [urgent] = await add(db.pool, { repo: 'r', priority: -10 });
    expect((await readSerialGate(db.pool)).repos).toMatchObject([
      { in_progress: 2, waiting: 1, head: { task_id: first } },
    ]);
    const again = [await one(), await one()];
    expect(ids(again)).toEqual([first, second]);
    expect(await claim(db.pool)).toEqual([]);
    expect((await readSerialGate(db.pool)).repos).toMatchObject([
      { in_progress: 2, waiting: 1, head: { task_id: urgent, waiting_for: 'gate' } },
    ]);
    expect(await wrongGates(db.pool)).toEqual([]);
  });

  test('parked between two stages it is in nobody’s way; unparked it comes before what has not begun', async () => {
    const [first = '', second = ''] = await add(db.pool, staged({ repo: 'r', priority: 5 }), {
      repo: 'r',
      priority: 6,
    });
    await pass();
    await parkTask(db.pool, first, { name: 'dana' }, 'too dear');
    expect((await readSerialGate(db.pool)).repos).toMatchObject([
      { in_progress: 0, waiting: 1, parked_count: 1, head: { task_id: second } },
    ]);
    await unparkTask(db.pool, first, { name: 'dana' });
    await add(db.pool, { repo: 'r', priority: -5 });
    expect((await one()).id).toBe(first);
    expect(await wrongGates(db.pool)).toEqual([]);
  });

  test('a frozen repo keeps it waiting', async () => {
    await add(db.pool, staged({ repo: 'r' }));
    await pass();
    await freezeRepo(db.pool, 'r', 'dana', 'release week');
    expect(await claim(db.pool)).toEqual([]);
  });

  test('P10 under eight claimers, no two tasks of a repo are under way at a time, and each goes through all its stages before the next begins', async () => {
    const REPOS = ['c-0', 'c-1'];
    const TASKS = 5;
    const added = await add(
      db.pool,
      ...Array.from({ length: TASKS }).flatMap((_, n) =>
        REPOS.map((repo) => staged({ repo, priority: n === TASKS - 1 ? -1 : 0 })),
      ),
    );
    const claimer = async (worker: string): Promise<void> => {
      for (let idle = 0; idle < 200;) {
        const runs = await claim(db.pool, { worker, limit: 2 });
        if (runs.length === 0) {
          const { rowCount } = await db.pool.query("select from tasks where status in ('queued', 'running') limit 1");
          if (rowCount === 0) return;
          idle += 1;
        } else idle = 0;
        await finishRuns(
          db.pool,
          runs.map(({ id, run_id }): Ending => ({ as: 'completed', id, run_id })),
        );
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, n) => claimer(`w-${n}`)));
    const { rows: done } = await db.pool.query("select from tasks where status = 'succeeded' and stage = 'done'");
    expect(done).toHaveLength(added.length);
    // Each repo's runs, in the order in which they began: all of one task, then all of the next.
    const { rows } = await db.pool.query<{ repo: string; tasks: string[] }>(
      `select t.repo, array_agg(e.task_id order by e.id) as tasks
         from task_events e
         join tasks t on t.id = e.task_id
        where e.kind = 'claimed'
        group by t.repo
        order by t.repo`,
    );
    for (const { tasks } of rows) {
      expect(tasks).toHaveLength(TASKS * 6);
      expect(
        tasks.filter((task, index) => index === 0 || task !== tasks[index - 1]),
        'each task once',
      ).toHaveLength(TASKS);
    }
    expect(await wrongGates(db.pool)).toEqual([]);
  });

  test('P10 whoever ends runs of many stages and repos at a time, parks, lets go on and reaps beside it, waits for nobody for ever', async () => {
    const REPOS = ['d-0', 'd-1', 'd-2', 'd-3', null];
    await db.pool.query(
      `insert into repo_gates (repo, max_in_progress) values ('d-0', 3), ('d-1', 3) on conflict (repo) do update
         set max_in_progress = 3`,
    );
    const rules = makeStageRules({ transientRetries: 1 });
    const stages = ['analysis', 'development', 'review', 'testing', 'staging', 'deploy'];
    await add(
      db.pool,
      ...Array.from({ length: 90 }, (_, n) =>
        staged({ repo: REPOS[n % REPOS.length] ?? null, stage: stages[n % 6] ?? 'analysis', max_attempts: 2 }),
      ),
    );
    const endings = (runs: readonly ClaimedTask[], round: number): Ending[] =>
      runs
        .map(({ id, run_id }, index): Ending => {
          const run = { id, run_id };
          switch ((round + index) % 6) {
            case 0:
              return { as: 'failed', ...run, error: 'no', retry: true };
            case 1:
              return { as: 'retried', ...run, says: 'reset' };
            case 2:
              return { as: 'held', ...run, ...SAYS };
            case 3:
              return { as: 'released', ...run, cause: 'shutdown' };
            default:
              return { as: 'completed', ...run };
          }
        })
        .toSorted(() => (round % 2 === 0 ? 1 : -1)); // in opposite orders
    // As the service does, on connections that are planned for the claim.
    const claims = makePool({
      connectionString: db.url,
      applicationName: 'test',
      ...PATIENT,
      settings: { ...CLAIM_SETTINGS },
    });
    const ender = async (worker: string): Promise<void> => {
      for (let round = 0; round < 25; round++)
        await finishRuns(claims, endings(await claim(claims, { worker, limit: 12 }), round), rules);
    };
    const meddler = async (): Promise<void> => {
      for (let round = 0; round < 25; round++) {
        const { rows } = await db.pool.query<{ id: string; status: string; parked: boolean }>(
          `select t.id, t.status, t.paused_at is not null as parked
             from tasks t
            where t.status in ('queued', 'running', 'held')
            order by random()
            limit 6`,
        );
        for (const { id, status, parked } of rows) {
          const meddling = parked
            ? unparkTask(db.pool, id, { name: 'dana' })
            : status === 'held'
              ? resumeHeld(db.pool, id, 'dana', null)
              : parkTask(db.pool, id, { name: 'dana' }, 'aside');
          await meddling.catch((error: unknown) => {
            if (!(error instanceof TaskError)) throw error;
          });
        }
        await reapRuns(claims, 0.001);
        // A statement by hand that changes many rows must wait for nobody.
        await db.pool.query(
          `update tasks set next_eligible_at = now()
             where id in (select t.id from tasks t where t.status = 'queued' for update skip locked)`,
        );
      }
    };
    await Promise.all([ender('w-1'), ender('w-2'), ender('w-3'), meddler()]).finally(() => claims.end());
    expect(await wrongGates(db.pool)).toEqual([]);
  });
});
