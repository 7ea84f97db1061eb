import { unpauseScope } from '@orchestra/pause-core';
import { testDatabase } from '@orchestra/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  answerQuestion,
  askQuestion,
  completeRun,
  failRun,
  findTask,
  listTaskEvents,
  listTasks,
  parkTask,
  readSerialGate,
  reapRuns,
  releaseRun,
  unparkTask,
} from '../src/index.ts';
import type { ClaimedTask } from '../src/contract/index.ts';
import { add, claim, ids, pause } from './fixtures.ts';
import { wrongGates } from './gate-recount.ts';

const db = testDatabase();
const DANA = { name: 'dana' };

beforeEach(async () => {
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
});

const one = async (): Promise<ClaimedTask> => {
  const [run] = await claim(db.pool, { limit: 1 });
  if (run === undefined) throw new Error('there is nothing to claim');
  return run;
};
const kinds = async (id: string): Promise<string[]> =>
  (await listTaskEvents(db.pool, id, { limit: 100 })).map((event) => event.kind);

describe('parking', () => {
  test('P9 a parked task is not claimed and blocks nobody; unparked, it comes in its old place', async () => {
    const [first = '', second, third, free = ''] = await add(db.pool, { repo: 'r' }, { repo: 'r' }, { repo: 'r' }, {});
    await parkTask(db.pool, first, DANA, 'waits for the vendor');
    await parkTask(db.pool, free, DANA, 'a task without a repo parks as well');
    const run = await one();
    expect(run.id).toBe(second);
    expect(await claim(db.pool)).toEqual([]);
    await unparkTask(db.pool, first, DANA);
    await unparkTask(db.pool, free, DANA);
    await completeRun(db.pool, run.id, run.run_id, null);
    expect(ids(await claim(db.pool))).toEqual([first, free]);
    expect(third).toBeDefined();
    expect(await wrongGates(db.pool)).toEqual([]);
  });

  test('P11 parking uses up no attempt, whatever it waits for', async () => {
    const [id = ''] = await add(db.pool, { repo: 'r', max_attempts: 2 });
    const run = await one();
    await parkTask(db.pool, id, DANA, 'look at it first');
    await releaseRun(db.pool, id, run.run_id, { cause: 'shutdown' });
    expect(await findTask(db.pool, id)).toMatchObject({ status: 'queued', attempt: 0, paused_by: 'dana' });
    expect(await claim(db.pool)).toEqual([]);
    await unparkTask(db.pool, id, DANA);
    expect(await one()).toMatchObject({ id, attempt: 1 });
  });

  test('a running task that is parked goes on and lets its repo go on; back in the queue it stays parked, ended it is parked no more', async () => {
    const [first = '', second = ''] = await add(db.pool, { repo: 'r' }, { repo: 'r' });
    const run = await one();
    expect(await parkTask(db.pool, first, DANA, 'slow')).toMatchObject({ status: 'running', pause_reason: 'slow' });
    const beside = await one();
    expect(beside.id).toBe(second);
    await failRun(db.pool, first, run.run_id, { error: 'boom', retry: true });
    expect(await findTask(db.pool, first)).toMatchObject({ status: 'queued', paused_by: 'dana' });
    await parkTask(db.pool, second, DANA, 'slow too');
    await completeRun(db.pool, second, beside.run_id, null);
    expect(await findTask(db.pool, second)).toMatchObject({
      status: 'succeeded',
      paused_at: null,
      paused_by: null,
      pause_reason: null,
    });
    expect(ids(await listTasks(db.pool, { parked: true, limit: 10 }))).toEqual([first]);
    expect(ids(await listTasks(db.pool, { parked: false, limit: 10 }))).toEqual([second]);
    expect(await wrongGates(db.pool)).toEqual([]);
  });

  test('a parked run that is unparked counts again, and nobody else starts until there is room', async () => {
    const [first = ''] = await add(db.pool, { repo: 'r' }, { repo: 'r' }, { repo: 'r' });
    const run = await one();
    await parkTask(db.pool, first, DANA, 'slow');
    const second = await one();
    await unparkTask(db.pool, first, DANA);
    expect((await readSerialGate(db.pool)).repos[0]).toMatchObject({ in_progress: 2, max_in_progress: 1 });
    await completeRun(db.pool, second.id, second.run_id, null);
    expect(await claim(db.pool)).toEqual([]);
    await completeRun(db.pool, first, run.run_id, null);
    expect(await claim(db.pool)).toHaveLength(1);
  });

  test('P12 parking and unparking stand in the history with who and why, also when done by hand', async () => {
    const [id = ''] = await add(db.pool, {});
    await parkTask(db.pool, id, DANA, 'first');
    expect(await parkTask(db.pool, id, { name: 'lee' }, 'second')).toMatchObject({
      paused_by: 'dana',
      pause_reason: 'first',
    });
    await unparkTask(db.pool, id, { name: 'lee' });
    await unparkTask(db.pool, id, { name: 'lee' });
    await db.pool.query('update tasks set paused_at = now() where id = $1', [id]);
    await db.pool.query('update tasks set paused_at = null where id = $1', [id]);
    const {
      rows: [me],
    } = await db.pool.query<{ name: string }>('select current_user as name');
    expect(
      (await listTaskEvents(db.pool, id, { limit: 10 })).map(({ kind, by, data }) => ({ kind, by, data })),
    ).toMatchObject([
      { kind: 'queued' },
      { kind: 'parked', by: 'dana', data: { reason: 'first' } },
      { kind: 'unparked', by: 'lee', data: { reason: 'first' } },
      { kind: 'parked', by: me?.name, data: { reason: 'no reason given' } },
      { kind: 'unparked', by: me?.name },
    ]);
    expect(await findTask(db.pool, id)).toMatchObject({ paused_at: null, paused_by: null, pause_reason: null });
  });

  test('P10 the owner of a run parks its own task only; what has ended or is not there is refused', async () => {
    const [id = ''] = await add(db.pool, {});
    const run = await one();
    expect(await parkTask(db.pool, id, { runId: run.run_id }, 'waits for CI')).toMatchObject({
      paused_by: 'w-1',
      status: 'running',
    });
    expect(await unparkTask(db.pool, id, { runId: run.run_id })).toMatchObject({ paused_at: null });
    const stranger = { runId: '00000000-0000-4000-8000-000000000000' };
    await expect(parkTask(db.pool, id, stranger, 'x')).rejects.toMatchObject({ code: 'run_not_owner' });
    await expect(unparkTask(db.pool, id, stranger)).rejects.toMatchObject({ code: 'run_not_owner' });
    await completeRun(db.pool, id, run.run_id, null);
    await expect(parkTask(db.pool, id, { runId: run.run_id }, 'x')).rejects.toMatchObject({ code: 'run_not_owner' });
    await expect(parkTask(db.pool, id, DANA, 'x')).rejects.toMatchObject({ code: 'task_has_ended' });
    await expect(unparkTask(db.pool, id, DANA)).rejects.toMatchObject({ code: 'task_has_ended' });
    await expect(parkTask(db.pool, '999999', DANA, 'x')).rejects.toMatchObject({ code: 'task_not_found' });
    expect(await kinds(id)).toEqual(['queued', 'claimed', 'parked', 'unparked', 'completed']);
  });

  test('a reaped run of a parked task leaves it parked', async () => {
    const [id = ''] = await add(db.pool, { repo: 'r' });
    await one();
    await parkTask(db.pool, id, DANA, 'look at it first');
    await db.pool.query("update tasks set heartbeat_at = heartbeat_at - interval '61 seconds'");
    expect(await reapRuns(db.pool, 60)).toBe(1);
    expect(await findTask(db.pool, id)).toMatchObject({ status: 'queued', paused_by: 'dana' });
    expect(await claim(db.pool)).toEqual([]);
    expect(await wrongGates(db.pool)).toEqual([]);
  });
});

describe('questions', () => {
  test('P11 a question parks its task, its repo goes on, and the run after the answer is given both; no attempt is used', async () => {
    const [first = '', second] = await add(db.pool, { repo: 'r' }, { repo: 'r' });
    const run = await one();
    expect(run).toMatchObject({ questions: null, answer: null });
    const asked = await askQuestion(db.pool, first, run.run_id, 'Which branch?');
    expect(asked).toEqual({ status: 'queued', next_eligible_at: null });
    expect(await askQuestion(db.pool, first, run.run_id, 'Which branch?'), 'told twice').toEqual(asked);
    expect(await findTask(db.pool, first)).toMatchObject({
      attempt: 0,
      questions: 'Which branch?',
      answer: null,
      paused_by: 'w-1',
      pause_reason: 'asks a question',
    });
    const beside = await one();
    expect(beside.id).toBe(second);
    expect((await readSerialGate(db.pool)).repos[0]?.parked).toMatchObject([
      { task_id: first, by: 'w-1', reason: 'asks a question', has_question: true },
    ]);
    expect(await answerQuestion(db.pool, first, 'main', 'dana')).toMatchObject({
      paused_at: null,
      answer: 'main',
      answered_by: 'dana',
    });
    expect(await claim(db.pool), 'its repo is at work').toEqual([]);
    await completeRun(db.pool, beside.id, beside.run_id, null);
    const next = await one();
    expect(next).toMatchObject({ id: first, questions: 'Which branch?', answer: 'main', attempt: 1 });
    expect(await kinds(first)).toEqual(['queued', 'claimed', 'asked', 'parked', 'answered', 'unparked', 'claimed']);
    expect(await wrongGates(db.pool)).toEqual([]);
    // Its next question is open again.
    await askQuestion(db.pool, first, next.run_id, 'And which tag?');
    expect(await findTask(db.pool, first)).toMatchObject({
      questions: 'And which tag?',
      answer: null,
      answered_by: null,
    });
  });

  test('an answer to a task whose scope is paused leaves it paused', async () => {
    const [id = ''] = await add(db.pool, { repo: 'r', agent_id: 'skeptic' });
    const run = await one();
    const scope = { kind: 'agent', value: 'skeptic' } as const;
    await pause(db.pool, scope);
    await askQuestion(db.pool, id, run.run_id, 'Which branch?');
    expect(await answerQuestion(db.pool, id, 'main', 'dana')).toMatchObject({ paused_at: null });
    expect(await claim(db.pool)).toEqual([]);
    await unpauseScope(db.pool, { target: scope, by: 'dana' });
    expect(await one()).toMatchObject({ id, answer: 'main' });
  });

  test('an answer leaves a task parked that an operator has parked', async () => {
    const [id = ''] = await add(db.pool, {});
    const run = await one();
    await parkTask(db.pool, id, DANA, 'too dear');
    await askQuestion(db.pool, id, run.run_id, 'Which branch?');
    expect(await findTask(db.pool, id)).toMatchObject({ paused_by: 'dana', pause_reason: 'too dear' });
    expect(await answerQuestion(db.pool, id, 'main', 'lee')).toMatchObject({ paused_by: 'dana', answer: 'main' });
    expect(await claim(db.pool)).toEqual([]);
    await unparkTask(db.pool, id, DANA);
    expect(await one()).toMatchObject({ answer: 'main' });
  });

  test('P11 an operator’s park takes over from the park for the question: the answer does not end it', async () => {
    const [id = ''] = await add(db.pool, {});
    const run = await one();
    await askQuestion(db.pool, id, run.run_id, 'Which branch?');
    const parked = await parkTask(db.pool, id, DANA, 'not before the audit');
    expect(parked).toMatchObject({
      paused_by: 'dana',
      pause_reason: 'not before the audit',
      questions: 'Which branch?',
    });
    expect(parked.paused_at).not.toBe(parked.asked_at);
    expect(await parkTask(db.pool, id, { name: 'someone else' }, 'again')).toEqual(parked);
    expect((await listTaskEvents(db.pool, id, { limit: 10 })).at(-1)).toMatchObject({
      kind: 'parked',
      by: 'dana',
      data: { reason: 'not before the audit' },
    });
    expect(await answerQuestion(db.pool, id, 'main', 'kim')).toMatchObject({ answer: 'main', paused_by: 'dana' });
    expect(await claim(db.pool)).toEqual([]);
    await unparkTask(db.pool, id, DANA);
    expect(await one()).toMatchObject({ id, answer: 'main' });
  });

  test('P11 so does a park by hand, and it is the hand’s', async () => {
    const [id = ''] = await add(db.pool, {});
    const run = await one();
    await askQuestion(db.pool, id, run.run_id, 'Which branch?');
    await db.pool.query("update tasks set paused_at = now() + interval '1 second' where id = $1", [id]);
    expect(await findTask(db.pool, id)).toMatchObject({
      paused_by: expect.not.stringMatching(/^w-1$/),
      pause_reason: 'no reason given',
    });
    await answerQuestion(db.pool, id, 'main', 'kim');
    expect(await claim(db.pool)).toEqual([]);
  });

  test('where questions do not park, the task is held and its repo waits with it until the answer', async () => {
    const [first = '', second = '', elsewhere = ''] = await add(db.pool, { repo: 'r' }, { repo: 'r' }, { repo: 's' });
    const runs = await claim(db.pool);
    expect(await askQuestion(db.pool, first, runs[0]?.run_id ?? '', 'Which branch?', ['s'])).toEqual({
      status: 'held',
      next_eligible_at: null,
    });
    expect(await askQuestion(db.pool, elsewhere, runs[1]?.run_id ?? '', 'Which branch?', ['s'])).toEqual({
      status: 'queued',
      next_eligible_at: null,
    });
    expect(await findTask(db.pool, first)).toMatchObject({ status: 'held', paused_at: null, run_id: null, attempt: 0 });
    expect(await claim(db.pool)).toEqual([]);
    expect(await answerQuestion(db.pool, first, 'main', 'dana')).toMatchObject({ status: 'queued' });
    expect(ids(await claim(db.pool)), 'in its old place').toEqual([first]);
    expect(second).not.toBe('');
    expect(await wrongGates(db.pool)).toEqual([]);
  });

  test('without an open question there is nothing to answer, and the refusal says why; repeated with its key, an answer is no error', async () => {
    const [id = ''] = await add(db.pool, {});
    const no = (detail: RegExp) => ({ code: 'no_open_question', message: expect.stringMatching(detail) });
    await expect(answerQuestion(db.pool, id, 'x', 'dana')).rejects.toMatchObject(no(/has asked nothing/));
    await expect(answerQuestion(db.pool, '999999', 'x', 'dana')).rejects.toMatchObject({ code: 'task_not_found' });
    const run = await one();
    await askQuestion(db.pool, id, run.run_id, 'Which branch?');
    const idempotency = { principal: 'dana', key: `answer-${id}`, request: 'main' };
    const answered = await answerQuestion(db.pool, id, 'main', 'dana', idempotency);
    expect(await answerQuestion(db.pool, id, 'main', 'dana', idempotency)).toEqual(answered);
    await expect(answerQuestion(db.pool, id, 'other', 'lee')).rejects.toMatchObject(no(/was answered by dana at/));
    // Unparked without an answer it runs again, and may end for good.
    const again = await one();
    await askQuestion(db.pool, id, again.run_id, 'Sure?');
    await unparkTask(db.pool, id, DANA);
    const unanswered = await one();
    expect(unanswered).toMatchObject({ questions: 'Sure?', answer: null });
    await expect(answerQuestion(db.pool, id, 'x', 'dana')).rejects.toMatchObject(no(/it is running/));
    await completeRun(db.pool, id, unanswered.run_id, null);
    await expect(answerQuestion(db.pool, id, 'x', 'dana')).rejects.toMatchObject(no(/it succeeded/));
  });

  test('P10 only the run’s owner asks, and a run that was taken away asks nothing', async () => {
    const [id = ''] = await add(db.pool, {});
    const run = await one();
    await db.pool.query("update tasks set heartbeat_at = heartbeat_at - interval '61 seconds'");
    await reapRuns(db.pool, 60);
    await expect(askQuestion(db.pool, id, run.run_id, 'Which branch?')).rejects.toMatchObject({
      code: 'run_not_owner',
    });
    expect(await findTask(db.pool, id)).toMatchObject({ questions: null, paused_at: null });
    const next = await one();
    await askQuestion(db.pool, id, next.run_id, 'Which branch?');
    await expect(completeRun(db.pool, id, next.run_id, null)).rejects.toMatchObject({
      code: 'run_not_owner',
      message: expect.stringMatching(/was asked at/),
    });
  });
});
