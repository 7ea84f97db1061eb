// What a command that leaves 01-questions.md in its working folder is taken to mean.
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClaimedTask, PipelinesView } from '@orchestra/task-queue/contract';
import { until } from '@orchestra/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createCommandHandler,
  NeedsInput,
  questionRules,
  TaskFailure,
  type CommandHandlerOptions,
  type TaskContext,
} from '../src/index.ts';
import { CursorKeeper } from '../src/cursor-keeper.ts';
import { LateAbort } from '../src/late-abort.ts';
import { createTaskContext } from '../src/task-context.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orchestra-questions-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const DONE = { exit_code: 0 };
const asks = (questions: unknown) => ({ name: 'NeedsInput', questions });

function taskWith(given: Partial<ClaimedTask>): ClaimedTask {
  return {
    id: '7',
    run_id: crypto.randomUUID(),
    repo: null,
    agent_id: null,
    skill: 'lint',
    quest_id: null,
    actor_id: null,
    priority: 0,
    payload: {},
    attempt: 1,
    max_attempts: 3,
    cursor: null,
    questions: null,
    answer: null,
    lease_seconds: 60,
    ...given,
  };
}

function contextThatLogs(logged: string[] = []): TaskContext {
  return createTaskContext({
    formerCursor: null,
    cursor: new CursorKeeper(null),
    end: new LateAbort(),
    look: () => ({ stop: false }),
    log: (message) => logged.push(message),
    onStop: () => {},
  });
}

const handlerOf = (script: string, options: Partial<CommandHandlerOptions> = {}) =>
  createCommandHandler({ command: ['/bin/sh', '-c', script], cwd: folder, graceMs: 300, ...options });
const run = (script: string, task: Partial<ClaimedTask> = {}) => handlerOf(script)(taskWith(task), contextThatLogs());
const inside = (...names: string[]) => join(folder, ...names);
const EARLIER = "touch -d '2026-01-01T00:00:00Z'";

describe('questions are asked', () => {
  test('when they are all that a command wrote', async () => {
    await expect(run("printf 'Which branch?\\n' > 01-questions.md")).resolves.toMatchObject(asks('Which branch?\n'));
  });

  test.each(['run.log', 'report.md', 'out/deep/report.md', '.git/index', '02-answers.md'])(
    'in spite of a later %s: where no deliverables are declared, nothing answers for a person',
    async (later) => {
      await expect(
        run(
          `echo which > 01-questions.md; ${EARLIER} 01-questions.md; mkdir -p $(dirname ${later}); echo x > ${later}`,
        ),
      ).resolves.toMatchObject(asks('which\n'));
    },
  );

  test('also when an earlier run has left its own there', async () => {
    await writeFile(inside('01-questions.md'), 'same\n');
    await expect(run('printf "same\\n" > 01-questions.md')).resolves.toMatchObject(asks('same\n'));
  });

  test('cut, when there is more than can be kept', async () => {
    const asked = await run('head -c 3000000 /dev/zero | tr "\\0" x > 01-questions.md');
    expect(asked).toBeInstanceOf(NeedsInput);
    expect(asked).toMatchObject(asks(expect.stringMatching(/^x{50000,100000}\n… \(cut\)$/)));
  });

  test('without what the database cannot keep', async () => {
    await expect(run("printf 'a\\000b \\377' > 01-questions.md")).resolves.toMatchObject(asks('a\uFFFDb \uFFFD'));
  });
});

describe('questions are superseded by a complete package of deliverables, and the command is done', () => {
  const ASK = `echo which > 01-questions.md; ${EARLIER} 01-questions.md`;
  const packaged = (script: string, deliverables = ['report.md', 'out/data.json']) =>
    handlerOf(`mkdir -p out; ${script}`, { deliverables })(taskWith({}), contextThatLogs());

  test('when each of them was written after the questions', async () => {
    await expect(packaged(`${ASK}; echo done > report.md; echo {} > out/data.json`)).resolves.toMatchObject(DONE);
  });

  test('when each of them was there before and was changed after the questions', async () => {
    await writeFile(inside('report.md'), 'draft');
    await expect(packaged(`${ASK}; echo more >> report.md`, ['report.md'])).resolves.toMatchObject(DONE);
  });

  test.each([
    ['one is missing', `${ASK}; echo done > report.md; echo line > run.log`],
    [
      'one was written before the questions',
      `echo {} > out/data.json; ${EARLIER} out/data.json; echo which > 01-questions.md; sleep 0.05; echo ` +
        'done > report.md',
    ],
    ['one is empty', `${ASK}; echo done > report.md; : > out/data.json`],
    ['one is a folder', `${ASK}; echo done > report.md; mkdir out/data.json`],
    ['one is a link to something that is newer', `${ASK}; echo done > report.md; ln -s ../report.md out/data.json`],
    [
      'one is as old as the questions',
      'echo which > 01-questions.md; echo done > report.md; echo {} > out/data.json; touch -r ' +
        '01-questions.md out/data.json',
    ],
  ])('but not when %s', async (_what, script) => {
    await expect(packaged(script)).resolves.toMatchObject(asks('which\n'));
  });

  test('but not by what lies there from an archive, however late it is dated', async () => {
    await writeFile(inside('report.md'), 'from an archive');
    await utimes(inside('report.md'), new Date('2099-01-01'), new Date('2099-01-01'));
    // Written within the last second it could be of this run; the files of an archive lie longer.
    await until('a second has passed', async () => Date.now() - (await stat(inside('report.md'))).ctimeMs > 1_200);
    await expect(packaged('echo which > 01-questions.md', ['report.md'])).resolves.toMatchObject(asks('which\n'));
  });
});

describe('the rule of a service', () => {
  const stage = {
    stage: 'development',
    skill: 'development',
    runner: null,
    report: null,
    deliverables: ['design.md'],
    on_pass: 'done',
    on_fail: 'development',
    on_needs_input: 'development',
  };
  const ruleOf = (answer: Partial<PipelinesView>, deliverables: string[] = [], task: Partial<ClaimedTask> = {}) =>
    questionRules(
      { pipelines: () => Promise.resolve({ pipelines: [{ pipeline: 'default', stages: [stage] }], ...answer }) },
      deliverables,
    )(taskWith({ pipeline: 'default', stage: 'development', ...task }));

  test('takes what the stage declares and what the worker was given together', async () => {
    expect(await ruleOf({}, ['report.md', 'design.md'])).toEqual({
      asks: true,
      deliverables: ['design.md', 'report.md'],
    });
    expect(await ruleOf({}, ['report.md'], { pipeline: null, stage: null })).toEqual({
      asks: true,
      deliverables: ['report.md'],
    });
  });

  test.each([
    [undefined, 'api', true],
    [{ switched: 'on', only_repos: null }, null, true],
    [{ switched: 'off', only_repos: null }, 'api', false],
    [{ switched: 'on', only_repos: ['api'] }, 'api', true],
    [{ switched: 'on', only_repos: ['api'] }, 'web', false],
    [{ switched: 'on', only_repos: ['api'] }, null, false],
  ] as const)('with the switch at %j a task of the repo %j asks: %j', async (questions, repo, expected) => {
    expect(
      (
        await ruleOf(
          questions === undefined
            ? {}
            : {
                questions: {
                  ...questions,
                  only_repos: questions.only_repos === null ? null : [...questions.only_repos],
                },
              },
          [],
          { repo },
        )
      ).asks,
    ).toBe(expected);
  });

  test('that cannot be read has the questions asked, and tells', async () => {
    const told: Error[] = [];
    const rule = questionRules({ pipelines: () => Promise.reject(new Error('away')) }, ['report.md'], (error) =>
      told.push(error),
    );
    expect(await rule(taskWith({}))).toEqual({ asks: true, deliverables: [] });
    expect(told).toMatchObject([{ message: 'away' }]);
  });

  test('that lets nobody ask leaves the questions where they are, and the command is done', async () => {
    const logged: string[] = [];
    const handler = handlerOf('echo which > 01-questions.md', {
      questionRuleOf: () => Promise.resolve({ asks: false, deliverables: [] }),
    });
    await expect(handler(taskWith({}), contextThatLogs(logged))).resolves.toMatchObject(DONE);
    expect(await readFile(inside('01-questions.md'), 'utf8')).toBe('which\n');
    expect(logged).toEqual([expect.stringContaining('runs of this task may ask nobody')]);
  });
});

describe('nothing is asked', () => {
  test('without the file', async () => {
    await expect(run('echo done > report.md')).resolves.toMatchObject(DONE);
  });

  test('by questions of an earlier run', async () => {
    await writeFile(inside('01-questions.md'), 'long since answered');
    await expect(run('true')).resolves.toMatchObject(DONE);
  });

  test.each([
    ['an empty file', ': > 01-questions.md'],
    ['blanks', 'printf " \\n\\n" > 01-questions.md'],
  ])('by %s', async (_what, script) => {
    await expect(run(script)).resolves.toMatchObject(DONE);
  });

  test.each([
    ['a folder of that name', 'mkdir 01-questions.md'],
    ['a pipe of that name', 'mkfifo 01-questions.md'],
    ['a link that leads elsewhere', 'ln -s /etc/passwd 01-questions.md'],
    ['another name of a file elsewhere', 'mkdir .other && echo secret > .other/file && ln .other/file 01-questions.md'],
  ])('by %s', async (_what, script) => {
    await expect(run(script)).resolves.toMatchObject(DONE);
  });

  test('by a command that has failed', async () => {
    await expect(run('echo which > 01-questions.md; exit 3')).rejects.toMatchObject({
      name: 'TaskFailure',
      result: { exit_code: 3 },
    });
  });
});

describe('the answer', () => {
  const READ = 'cat 02-answers.md; cat "$ORCHESTRA_ANSWER_FILE"; echo "$ORCHESTRA_QUESTIONS"; echo "$ORCHESTRA_ANSWER"';

  test('lies beside the questions while the next run lasts, and stands in its environment', async () => {
    await writeFile(inside('02-answers.md'), 'of another task');
    await expect(run(READ, { questions: 'Which?', answer: 'main' })).resolves.toMatchObject({
      ...DONE,
      stdout: 'main\nmain\nWhich?\nmain\n',
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test('that the environment cannot hold lies in the file alone', async () => {
    const answer = '語'.repeat(90_000);
    const count = 'wc -c < 02-answers.md; test -z "${ORCHESTRA_ANSWER+set}" && echo unset';
    await expect(run(count, { questions: 'Which?', answer })).resolves.toMatchObject({
      ...DONE,
      stdout: '270001\nunset\n',
    });
  });

  test('is none before anything was asked, also where an outer task has one', async () => {
    process.env['ORCHESTRA_ANSWER'] = 'of the outer task';
    try {
      await expect(
        run('test ! -e 02-answers.md && echo "[$ORCHESTRA_ANSWER$ORCHESTRA_ANSWER_FILE]"'),
      ).resolves.toMatchObject({ ...DONE, stdout: '[]\n' });
    } finally {
      delete process.env['ORCHESTRA_ANSWER'];
    }
  });

  test('does not follow a link out of the folder', async () => {
    const elsewhere = inside('elsewhere');
    await writeFile(elsewhere, 'untouched');
    await symlink(elsewhere, inside('02-answers.md'));
    await run('true', { questions: 'Which?', answer: 'main' });
    expect(await readFile(elsewhere, 'utf8')).toBe('untouched');
  });

  test('that cannot be written fails the run before its command begins', async () => {
    await mkdir(inside('02-answers.md', 'in the way'), { recursive: true });
    const failed = await run('touch begun', { questions: 'Which?', answer: 'main' }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(TaskFailure);
    expect(failed).toMatchObject({
      message: expect.stringContaining('the answer to its questions cannot be written to'),
      retry: true,
    });
    expect(await readdir(folder)).toEqual(['02-answers.md']);
  });

  test('may lead to further questions', async () => {
    await writeFile(inside('01-questions.md'), 'Which?\n');
    await expect(
      run('echo "not $ORCHESTRA_ANSWER, then which?" > 01-questions.md', { questions: 'Which?', answer: 'main' }),
    ).resolves.toMatchObject(asks('not main, then which?\n'));
  });
});

describe('several at a time', () => {
  test('with a folder for each task each asks its own', async () => {
    const handler = handlerOf('echo "I am $ORCHESTRA_TASK_ID" > 01-questions.md', { folderPerTask: inside('work') });
    const asked = await Promise.all(['8', '9'].map((id) => handler(taskWith({ id }), contextThatLogs())));
    expect(asked).toMatchObject([asks('I am 8\n'), asks('I am 9\n')]);
    expect((await readdir(inside('work'))).toSorted()).toEqual(['8', '9']);
  });

  test('in one folder nobody knows whose questions they are: they are left alone, and that is told', async () => {
    const handler = handlerOf(
      'touch "$ORCHESTRA_TASK_ID"; while [ ! -e 8 ] || [ ! -e 9 ]; do sleep 0.05; done; echo which > 01-questions.md',
    );
    const logged: string[] = [];
    const ended = await Promise.all(['8', '9'].map((id) => handler(taskWith({ id }), contextThatLogs(logged))));
    expect(ended).toMatchObject([DONE, DONE]);
    expect(logged).toContainEqual(expect.stringContaining('another run was in the same folder'));
  });
});

test('a folder for a task that cannot be made fails the run', async () => {
  await writeFile(inside('work'), 'a file');
  const ended = handlerOf('true', { folderPerTask: inside('work') })(taskWith({}), contextThatLogs());
  await expect(ended).rejects.toMatchObject({
    name: 'TaskFailure',
    message: expect.stringContaining('cannot be made'),
  });
});
