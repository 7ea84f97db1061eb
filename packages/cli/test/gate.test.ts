// The serial gate, parking and questions from the command line, against running services.
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '@orchestra/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Going } from './orchestra.ts';
import { testOrchestra } from './test-orchestra.ts';

const running = testOrchestra();
const { database, run, json } = running;
beforeEach(running.empty);

/** A command worker that runs until the test is over. */
function worker(script: string, flags: string[] = []): Going {
  return running.start(['worker', '--json', ...flags, '--', '/bin/sh', '-c', script], { cwd: running.folder });
}

const ofTask = (going: Going, id: string, event: string) =>
  until(
    `${event} of task ${id}`,
    () => going.jsonLines().find((line) => line.task_id === id && line.event === event),
    60_000,
  );

/** As a run of a worker would have left it. */
async function asking(questions: string): Promise<string> {
  const {
    rows: [task],
  } = await database.pool.query<{ id: string }>(
    `insert into tasks (repo, skill, payload, created_by, questions, asked_at, paused_at, paused_by, pause_reason)
     values ('shop', 'nobody-does-this', '{}', 'test', $1, now(), now(), 'w-1', 'asks a question') returning id`,
    [questions],
  );
  return task?.id ?? '';
}

test('a parked task stands aside with its reason, its repo goes on, and it comes back to its place', async () => {
  await running.client.enqueue({
    tasks: [
      { repo: 'shop', skill: 'fix' },
      { repo: 'shop', skill: 'fix' },
    ],
  });
  const parked = await run(['task', 'park', '1', '--reason', 'waits for the new schema']);
  expect(parked).toEqual({
    code: 0,
    stderr: '',
    stdout: expect.stringMatching(
      /^task 1 is parked by admin \d+s ago \(.*Z\): waits for the new schema\nto bring it back to its place: orchestra task unpark 1\n$/,
    ),
  });
  expect(await json(['task', 'park', '1', '--reason', 'another'])).toMatchObject({
    id: '1',
    pause_reason: 'waits for the new schema',
  });
  expect((await run(['task', 'show', '1'])).stdout).toMatch(
    /^status +queued \(parked\)$[^]*^parked +by admin .*: waits for the new schema$/m,
  );
  expect(await json(['task', 'list', '--parked'])).toMatchObject({ tasks: [{ id: '1' }], more: false });
  expect(await json(['task', 'list', '--repo', 'shop', '--no-parked'])).toMatchObject({ tasks: [{ id: '2' }] });
  expect(await json(['gate', 'show', 'shop'])).toMatchObject({
    repos: [
      {
        repo: 'shop',
        in_progress: 0,
        waiting: 1,
        head: { task_id: '2', waiting_for: 'worker' },
        parked: [{ task_id: '1', by: 'admin', reason: 'waits for the new schema', has_question: false }],
      },
    ],
  });

  const going = worker('true', ['--skill', 'fix']);
  await ofTask(going, '2', 'finished');
  expect(await running.client.task('1')).toMatchObject({ status: 'queued', attempt: 0 });
  expect(await run(['task', 'unpark', '1'])).toEqual({
    code: 0,
    stdout: 'task 1 is not parked any more: it is queued, in its old place\n',
    stderr: '',
  });
  await ofTask(going, '1', 'finished');
  expect(await run(['task', 'park', '1', '--reason', 'too late'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('nothing left to park'),
  });
});

test('a frozen gate lets nothing through until it is thawed, and the queue says so', async () => {
  expect(await run(['gate', 'freeze', 'shop', '--reason', 'main is broken'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /^the gate of shop is frozen by admin since .*Z: main is broken\nin progress: 0 of 1\nin line: 0\nparked: 0\n$/,
    ),
  });
  await running.client.enqueue({
    tasks: [
      { repo: 'shop', skill: 'fix' },
      { repo: 'other', skill: 'fix' },
    ],
  });
  const queue = await run(['queue']);
  expect(queue.stdout).toMatch(/^serial gate: on$/m);
  expect(queue.stdout).toMatch(/^shop +0 of 1 +1 +0 +task 1 waits for its gate +frozen by admin: main is broken$/m);
  for (const direct of [[], ['--direct']]) {
    expect(await run(['gate', 'freeze', 'shpo', '--reason', 'a slip', ...direct])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no task has named the repo shpo.*near it: shop/s),
    });
  }
  expect(await json(['gate', 'freeze', 'shop', '--reason', 'again'])).toMatchObject({
    frozen: { by: 'admin', reason: 'main is broken' },
  });

  const going = worker('true', ['--skill', 'fix']);
  await ofTask(going, '2', 'finished');
  expect(await running.client.task('1')).toMatchObject({ status: 'queued', attempt: 0 });
  expect((await run(['gate', 'thaw', 'shop'])).stdout).toMatch(/^the gate of shop is open\n/);
  await ofTask(going, '1', 'finished');
  expect((await run(['gate', 'show'])).stdout).toBe('serial gate: on; no task of any repo waits, runs or is parked\n');
  expect(await json(['gate', 'show', 'shop'])).toEqual({ repos: [], more: false });
});

test('one task of a repo at a time, first in, first out; more where the limit says so', async () => {
  await running.client.enqueue({ tasks: Array.from({ length: 4 }, () => ({ repo: 'shop', skill: 'fix' })) });
  const release = join(running.folder, 'release');
  const going = worker(`while [ ! -e ${release} ]; do sleep 0.05; done`, ['--skill', 'fix', '--concurrency', '4']);
  const holders = async () => (await running.client.queue()).serial_gate.repos[0]?.holders.map((task) => task.task_id);
  await until('the first runs', async () => (await holders())?.length === 1, 60_000);
  expect(await json(['gate', 'show', 'shop'])).toMatchObject({
    repos: [
      {
        in_progress: 1,
        waiting: 3,
        head: { task_id: '2', waiting_for: 'gate' },
        holders: [{ task_id: '1', status: 'running' }],
      },
    ],
  });
  expect(await json(['gate', 'limit', 'shop', '2'])).toMatchObject({ repo: 'shop', max_in_progress: 2 });
  await until('the second runs', async () => (await holders())?.length === 2, 60_000);
  expect(await holders()).toEqual(['1', '2']);
  await writeFile(release, '');
  for (const id of ['1', '2', '3', '4']) await ofTask(going, id, 'finished');
  // The order of the claims is in the history. The worker's lines tell when each handler ended, and those of two tasks
  // at a time come in either order.
  const { rows } = await database.pool.query<{ task_id: string }>(
    "select task_id from task_events where kind = 'claimed' order by at, task_id",
  );
  expect(rows.map(({ task_id }) => task_id)).toEqual(['1', '2', '3', '4']);
});

describe('a question', () => {
  test('of a command is shown, answered by a file, and the answer reaches the next run', async () => {
    const work = join(running.folder, 'work');
    await running.client.enqueue({ skill: 'agent', repo: 'shop' });
    const script = 'if [ -e 02-answers.md ]; then cat 02-answers.md; else echo "# Which branch?" > 01-questions.md; fi';
    const going = worker(script, ['--skill', 'agent', '--folder', work]);
    await ofTask(going, '1', 'asked');
    expect(going.stderr).toMatch(
      /^task 1 \(agent\): asks \(parked\): # Which branch\?; to answer: orchestra task answer 1$/m,
    );
    const shown = await run(['task', 'show', '1']);
    expect(shown.stdout).toMatch(/^status +queued \(asks, parked\)$/m);
    expect(shown.stdout).toMatch(/^questions +# Which branch\?$/m);
    expect((await run(['gate', 'show', 'shop'])).stdout).toMatch(
      /^ {2}task 1 by .*: asks a question \(orchestra task answer 1\)$/m,
    );

    const answer = join(running.folder, 'answer.md');
    await writeFile(answer, 'on main\n');
    expect(await run(['task', 'answer', '1', '--file', answer])).toEqual({
      code: 0,
      stdout: 'task 1 has its answer and waits in its old place\n',
      stderr: '',
    });
    await ofTask(going, '1', 'finished');
    expect(await json(['task', 'show', '1'])).toMatchObject({
      status: 'succeeded',
      answer: 'on main\n',
      answered_by: 'admin',
      result: { stdout: 'on main\n' },
      attempt: 1,
    });
    expect(await readdir(join(work, '1'))).toEqual(['01-questions.md']);
    expect(await run(['task', 'answer', '1', '--text', 'again'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('was answered by admin'),
    });
  });

  test('is answered by text, or by standard input', async () => {
    const [first, second] = [await asking('Which?'), await asking('Who?')];
    expect(await json(['task', 'answer', first, '--text', 'main'])).toMatchObject({ answer: 'main', paused_at: null });
    expect(await json(['task', 'answer', second, '--file', '-'], { input: 'dana\n' })).toMatchObject({
      answer: 'dana\n',
      paused_at: null,
    });
  });

  test('whose task an operator has parked as well is answered, and the task stays parked', async () => {
    const id = await asking('Which?');
    await running.client.unpark({ task_id: id });
    await running.client.park({ task_id: id, reason: 'not this week' });
    const answered = await run(['task', 'answer', id, '--text', 'main']);
    expect(answered).toMatchObject({
      code: 0,
      stdout: `task ${id} has its answer, and stays parked\n`,
      stderr: expect.stringContaining(`not this week); to let it go on: orchestra task unpark ${id}`),
    });
  });

  test.each([
    ['nothing said, and no terminal for an editor', [], '', 'say the answer: --text, or --file'],
    ['both ways at once', ['--text', 'a', '--file', 'b'], '', 'cannot also be provided'],
    ['blanks', ['--text', ' \n '], '', 'answer: must not be blank'],
    ['an empty file', ['--file', '-'], '', 'answer: must not be blank'],
    ['NUL in it', ['--file', '-'], 'a\0b', 'answer: must not hold NUL'],
    ['too much', ['--file', '-'], 'x'.repeat(100_001), 'answer: must be at most 100,000 characters'],
    ['far too much', ['--file', '/dev/zero'], '', '/dev/zero holds more than 400000 bytes'],
  ])('is not answered by %s', async (_what, flags, input, message) => {
    const id = await asking('Which?');
    expect(await run(['task', 'answer', id, ...flags], { input, env: { EDITOR: 'false' } })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(message),
    });
    const { rows } = await database.pool.query('select answer, paused_by from tasks where id = $1', [id]);
    expect(rows).toEqual([{ answer: null, paused_by: 'w-1' }]);
  });

  test('is not answered by a file that is not there, nor where nothing was asked', async () => {
    const id = await asking('Which?');
    expect(await run(['task', 'answer', id, '--file', '/no/such/file'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('cannot read /no/such/file'),
    });
    await running.client.enqueue({});
    expect(await run(['task', 'answer', '2', '--text', 'x'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('task 2 has asked nothing'),
    });
    const none = await run(['task', 'answer', '4711', '--text', 'x', '--json']);
    expect(none.code).toBe(1);
    expect(JSON.parse(none.stdout)).toMatchObject({ error: { code: 'task_not_found' } });
  });

  test('that would draw on the terminal is shown harmless', async () => {
    const id = await asking('red \u001b[31m\u202e\nnext line');
    const { stdout } = await run(['task', 'show', id]);
    expect(stdout).toMatch(/^questions +red \\x1b\[31m\\u202e\n +next line$/m);
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
  });
});

test.each([
  ['no reason to park', ['task', 'park', '1'], 'Missing required flag reason'],
  ['a blank reason to park', ['task', 'park', '1', '--reason', ' '], 'reason: must not be blank'],
  ['a task that is none', ['task', 'park', 'abc', '--reason', 'r'], 'task_id: must be an id: digits only'],
  ['a task that is none to unpark', ['task', 'unpark', '-1'], 'task_id: must be an id: digits only'],
  ['a task that is none to answer', ['task', 'answer', 'x', '--text', 'a'], 'id: must be an id: digits only'],
  ['no repo', ['gate', 'freeze', '--reason', 'r'], 'Missing 1 required arg'],
  ['a blank repo', ['gate', 'thaw', ' '], 'repo: must not be blank'],
  ['no reason to freeze', ['gate', 'freeze', 'shop'], 'Missing required flag reason'],
  ['a limit of nothing', ['gate', 'limit', 'shop', '0'], 'max_in_progress: Too small'],
  [
    'a limit that is no number',
    ['gate', 'limit', 'shop', 'many'],
    'MAX must be a whole number from 1 to 1000, not "many"',
  ],
  ['a limit beyond bounds', ['gate', 'limit', 'shop', '1001'], 'max_in_progress: Too big'],
])('wrong usage ends with 2 and one message: %s', async (_what, args, message) => {
  const ended = await run(args);
  expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
  expect(ended.stderr).not.toMatch(/\n\s+at /);
});

test('what is not there is refused with its code', async () => {
  for (const [args, code] of [
    [['gate', 'thaw', 'nowhere'], 'repo_not_found'],
    [['task', 'park', '4711', '--reason', 'r'], 'task_not_found'],
    [['task', 'unpark', '4711'], 'task_not_found'],
  ] as const) {
    const refused = await run([...args, '--json']);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code } });
  }
  expect(await run(['gate', 'show', 'nowhere'])).toEqual({
    code: 0,
    stdout: 'no task of nowhere waits, runs or is parked, and its gate is open\n',
    stderr: '',
  });
});

test('over the database the same is done, under the name of whoever did it', async () => {
  const id = await asking('Which?');
  const me = expect.stringMatching(/ \(direct\)$/);
  expect(await json(['task', 'answer', id, '--text', 'main', '--direct'])).toMatchObject({
    answer: 'main',
    answered_by: me,
    paused_at: null,
  });
  expect(await json(['task', 'park', id, '--reason', 'r', '--direct'])).toMatchObject({ paused_by: me });
  expect(await json(['task', 'unpark', id, '--direct'])).toMatchObject({ paused_at: null });
  expect(await json(['gate', 'freeze', 'shop', '--reason', 'r', '--direct'])).toMatchObject({ frozen: { by: me } });
  expect(await json(['gate', 'thaw', 'shop', '--direct'])).toMatchObject({ frozen: null });
  expect(await json(['gate', 'limit', 'shop', '3', '--direct'])).toMatchObject({ max_in_progress: 3 });
  expect(await json(['gate', 'show', '--direct'])).toMatchObject({ repos: [{ repo: 'shop', waiting: 1 }] });
});
