import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createCommandHandler, needsInput, type WorkerOptions } from '../src/index.ts';
import { fresh, startOrchestra } from './orchestra.ts';

const orchestra = startOrchestra();

async function started(handlers: WorkerOptions['handlers'], options: Partial<WorkerOptions> = {}) {
  const one = orchestra.worker({ handlers, ...options });
  await one.worker.start();
  return one.heard;
}

test.each([
  ['returns', async () => needsInput('Which branch?')],
  [
    'throws',
    async () => {
      throw needsInput('Which branch?');
    },
  ],
])(
  'P11 a handler that %s questions is parked with them, uses up no attempt, and is given the answer in its next run',
  async (_how, ask) => {
    const skill = fresh('asks');
    const {
      ids: [id = ''],
    } = await orchestra.admin.enqueue({ skill, max_attempts: 1 });
    const heard = await started({
      [skill]: async ({ questions, answer }) => (answer === null ? ask() : { questions, answer }),
    });
    await expect(heard.first('asked')).resolves.toMatchObject({
      task: { id },
      questions: 'Which branch?',
      status: 'queued',
    });
    expect(await orchestra.admin.task(id)).toMatchObject({
      status: 'queued',
      attempt: 0,
      run_id: null,
      paused_at: expect.any(String),
      questions: 'Which branch?',
      answer: null,
    });

    expect(await orchestra.admin.answerTask(id, { answer: 'main' })).toMatchObject({
      paused_at: null,
      answer: 'main',
      answered_by: 'dana',
    });
    await expect(heard.first('finished')).resolves.toMatchObject({
      task: { id, attempt: 1 },
      result: { questions: 'Which branch?', answer: 'main' },
    });
    expect(await orchestra.story(id)).toEqual([
      'queued',
      'claimed',
      'asked',
      'parked',
      'answered',
      'unparked',
      'claimed',
      'completed',
    ]);
  },
);

test('a loop that asks goes on where it asked', async () => {
  const skill = fresh('loop');
  const {
    ids: [id = ''],
  } = await orchestra.admin.enqueue({ skill });
  const seen: string[] = [];
  const heard = await started({
    [skill]: async ({ answer }, { iterate }) => {
      for await (const item of iterate(['a', 'b', 'c'])) {
        if (item === 'b' && answer === null) throw needsInput('Shall b be done?');
        seen.push(item);
      }
      return answer;
    },
  });
  await heard.first('asked');
  expect(await orchestra.admin.task(id)).toMatchObject({ cursor: { index: 1 } });
  await orchestra.admin.answerTask(id, { answer: 'yes' });
  await heard.first('finished');
  expect(seen).toEqual(['a', 'b', 'c']);
});

test('while a task of a repo waits for its answer, the next one of the repo is done', async () => {
  const [skill, repo] = [fresh('skill'), fresh('repo')];
  const {
    ids: [asking = '', next = ''],
  } = await orchestra.admin.enqueue({
    tasks: [
      { skill, repo, payload: { ask: true } },
      { skill, repo },
    ],
  });
  const order: string[] = [];
  const heard = await started(
    {
      [skill]: async ({ id, payload, answer }) => {
        order.push(id);
        return payload['ask'] === true && answer === null ? needsInput('Which branch?') : 'done';
      },
    },
    { concurrency: 4 },
  );
  await heard.first('finished', ({ task }) => task.id === next);
  expect(order).toEqual([asking, next]);
  await orchestra.admin.answerTask(asking, { answer: 'main' });
  await heard.first('finished', ({ task }) => task.id === asking);
});

test('a command asks by its file, is parked, and finds the answer beside it; further questions ask again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'orchestra-asks-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const skill = fresh('agent');
  const {
    ids: [id = ''],
  } = await orchestra.admin.enqueue({ skill });
  const script = `
    case "$(cat 02-answers.md 2>/dev/null)" in
      '') echo 'Which branch?' > 01-questions.md ;;
      main) echo 'And which file?' > 01-questions.md ;;
      *) echo "on $ORCHESTRA_ANSWER, asked: $ORCHESTRA_QUESTIONS" ;;
    esac`;
  const heard = await started({
    [skill]: createCommandHandler({ command: ['/bin/sh', '-c', script], folderPerTask: folder }),
  });
  await expect(heard.first('asked')).resolves.toMatchObject({ questions: 'Which branch?\n' });
  await orchestra.admin.answerTask(id, { answer: 'main' });
  await expect(heard.first('asked', ({ questions }) => questions !== 'Which branch?\n')).resolves.toMatchObject({
    questions: 'And which file?\n',
  });
  expect(await orchestra.admin.task(id)).toMatchObject({ questions: 'And which file?\n', answer: null });
  await orchestra.admin.answerTask(id, { answer: 'README.md' });
  await expect(heard.first('finished')).resolves.toMatchObject({
    result: { stdout: 'on README.md, asked: And which file?\n\n' },
  });
});

test('P10 questions of a run that was taken away meanwhile are refused: a cancelled task asks nobody', async () => {
  const skill = fresh('cancelled');
  const {
    ids: [id = ''],
  } = await orchestra.admin.enqueue({ skill });
  const heard = await started({
    [skill]: async ({ id: own }) => {
      await orchestra.db.pool.query(
        `update tasks set status = 'cancelled', run_id = null, pid = null, started_at = null, heartbeat_at = null
           where id = $1`,
        [own],
      );
      return needsInput('Which branch?');
    },
  });
  await expect(heard.first('run-lost')).resolves.toMatchObject({ task: { id } });
  expect(heard.all('asked')).toEqual([]);
  expect(await orchestra.admin.task(id)).toMatchObject({ status: 'cancelled', questions: null, paused_at: null });
});

test('questions are told again until the service takes them, and are asked once', async () => {
  const skill = fresh('outage');
  const {
    ids: [id = ''],
  } = await orchestra.admin.enqueue({ skill });
  const heard = await started({
    [skill]: async () => {
      orchestra.toClaimer.refuse();
      return needsInput('Which branch?');
    },
  });
  await heard.first('finish-failed');
  orchestra.toClaimer.pass();
  await heard.first('asked');
  expect(await orchestra.story(id)).toEqual(['queued', 'claimed', 'asked', 'parked']);
});

test('an answer to a task whose agent is paused leaves it waiting for the end of the pause', async () => {
  const [skill, agent] = [fresh('skill'), fresh('skeptic')];
  const {
    ids: [id = ''],
  } = await orchestra.admin.enqueue({ skill, agent_id: agent });
  const heard = await started({ [skill]: async ({ answer }) => answer ?? needsInput('Which branch?') });
  await heard.first('asked');
  await orchestra.admin.pause({ scope_kind: 'agent', scope_value: agent, reason: 'runaway loop' });
  await orchestra.admin.answerTask(id, { answer: 'main' });
  // Somebody else's task goes through: claims are made, and the paused one is not among what they take.
  const {
    ids: [other = ''],
  } = await orchestra.admin.enqueue({ skill });
  await heard.first('asked', ({ task }) => task.id === other);
  expect(await orchestra.admin.task(id)).toMatchObject({ status: 'queued', paused_at: null, answer: 'main' });
  await orchestra.admin.unpause({ scope_kind: 'agent', scope_value: agent });
  await expect(heard.first('finished')).resolves.toMatchObject({ task: { id }, result: 'main' });
});

test('the owner of a run parks its task: it goes on, and stays aside when it goes back', async () => {
  const skill = fresh('own');
  const {
    ids: [id = ''],
  } = await orchestra.admin.enqueue({ skill });
  const heard = await started({
    [skill]: async ({ run_id: runId }, { checkpoint }) => {
      await orchestra.fleet.parkRun(id, { run_id: runId, reason: 'the model is at its limit' });
      await checkpoint(); // no pause of a scope: it goes on
      throw new Error('come back later');
    },
  });
  await heard.first('failed');
  expect(await orchestra.admin.task(id)).toMatchObject({
    status: 'queued',
    paused_at: expect.any(String),
    pause_reason: 'the model is at its limit',
  });
  expect(await orchestra.admin.unpark({ task_id: id })).toMatchObject({ paused_at: null, pause_reason: null });
});
