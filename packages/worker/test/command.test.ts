import { readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClaimedTask } from '@orchestra/task-queue/contract';
import { until } from '@orchestra/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createCommandHandler,
  type CommandHandlerOptions,
  type CommandResult,
  type TaskContext,
  TaskFailure,
} from '../src/index.ts';
import { CursorKeeper } from '../src/cursor-keeper.ts';
import { createTaskContext } from '../src/task-context.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orchestra-command-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function taskWith(payload: Record<string, unknown>): ClaimedTask {
  return {
    id: '7',
    run_id: crypto.randomUUID(),
    repo: null,
    agent_id: 'skeptic',
    skill: 'lint',
    quest_id: null,
    actor_id: null,
    priority: 0,
    payload,
    attempt: 1,
    max_attempts: 3,
    cursor: null,
    questions: null,
    answer: null,
    lease_seconds: 60,
  };
}

function contextUntil(signal: AbortSignal): TaskContext {
  return createTaskContext({
    formerCursor: null,
    cursor: new CursorKeeper(null),
    end: {
      get aborted() {
        return signal.aborted;
      },
      signal,
      throwIfAborted: () => signal.throwIfAborted(),
    },
    look: () => ({ stop: false }),
    log: () => {},
    onStop: () => {},
  });
}

function run(
  command: string[],
  options: Partial<CommandHandlerOptions> & { payload?: Record<string, unknown>; signal?: AbortSignal } = {},
): Promise<unknown> {
  const { payload = {}, signal = new AbortController().signal, ...rest } = options;
  return createCommandHandler({ command, graceMs: 300, ...rest })(taskWith(payload), contextUntil(signal));
}

const node = (script: string): string[] => [process.execPath, '-e', script];
const shell = (script: string): string[] => ['/bin/sh', '-c', script];

function isAlive(pid: number): boolean {
  try {
    // A process that has ended and waits to be collected is not alive any more.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .startsWith('Z');
  } catch {
    return false;
  }
}

const pidIn = async (file: string) =>
  Number(await until(`a process id in ${file}`, () => readFile(join(folder, file), 'utf8').catch(() => '')));

describe('a command', () => {
  test('gets its payload on stdin and in the environment, and its output is the result', async () => {
    const echo = node(
      'let text = ""; process.stdin.on("data", (d) => text += d).on("end", () => { console.log(text); ' +
        'console.log(process.env.ORCHESTRA_PAYLOAD); console.error(process.env.ORCHESTRA_AGENT_ID); })',
    );
    const payload = { file: 'a b.md', emoji: '😀' };
    await expect(run(echo, { payload })).resolves.toMatchObject({
      exit_code: 0,
      signal: null,
      stdout: `${JSON.stringify(payload)}\n`.repeat(2),
      stderr: 'skeptic\n',
      stderr_bytes: 8,
    });
  });

  test('gets a payload that the environment cannot hold on stdin alone', async () => {
    const count = node(
      'let n = 0; process.stdin.on("data", (d) => n += d.length).on("end", () => console.log(n, ' +
        '"ORCHESTRA_PAYLOAD" in process.env))',
    );
    const payload = { text: 'x'.repeat(250_000) };
    await expect(run(count, { payload })).resolves.toMatchObject({
      stdout: `${JSON.stringify(payload).length} false\n`,
    });
  });

  test('need not read its payload', async () => {
    await expect(
      run(['true'], { payload: { text: 'x'.repeat(250_000) }, timeLimitMs: 90 * 86_400_000 }),
    ).resolves.toMatchObject({ exit_code: 0 });
  });

  test('that ends with another exit code has failed, and its output is kept', async () => {
    const failed = await run(shell('echo found 3; echo no such rule >&2; exit 4')).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(TaskFailure);
    expect(failed).toMatchObject({
      message: expect.stringMatching(/ended with exit code 4\nno such rule/),
      retry: true,
      result: { exit_code: 4, stdout: 'found 3\n', stderr: 'no such rule\n' },
    });
  });

  test('that is ended by a signal has failed', async () => {
    await expect(run(shell('kill -KILL $$'))).rejects.toMatchObject({
      message: expect.stringContaining('ended by SIGKILL'),
      result: { exit_code: null, signal: 'SIGKILL' },
    });
  });

  test.each([
    ['that does not exist', ['/no/such/program'], 'cannot start /no/such/program: there is no such command'],
    ['that may not be executed', [fileURLToPath(import.meta.url)], 'it may not be executed'],
  ])('%s has failed and says so', async (_what, command, message) => {
    await expect(run(command)).rejects.toMatchObject({
      name: 'TaskFailure',
      message: expect.stringContaining(message),
    });
  });

  test('that never stops talking is kept by its last words', async () => {
    const result = (await run(shell('yes 0123456789 | head -c 3000000; echo the end'), {
      outputBytesMax: 1_000,
    })) as CommandResult;
    expect(result.stdout_bytes).toBe(3_000_008);
    expect(result.stdout.length).toBeLessThanOrEqual(1_000);
    expect(result.stdout.endsWith('the end\n')).toBe(true);
  });

  test('whose output grows in JSON is kept so far as it fits', async () => {
    const result = await run(
      node('process.stdout.write("\\x01".repeat(100_000)); process.stderr.write("\\x01".repeat(100_000))'),
      { outputBytesMax: 100_000 },
    );
    expect(JSON.stringify(result).length).toBeLessThanOrEqual(200_000);
    expect(result).toMatchObject({ stdout_bytes: 100_000, stderr_bytes: 100_000 });
  });
});

describe('the whole process group is ended', () => {
  const family = (file: string) =>
    shell(
      `(trap '' TERM; echo $$ > /dev/null; sh -c 'trap "" TERM; echo $$ > ${file}; while :; do sleep 1; ` +
        `done' ) & trap '' TERM; wait; while :; do sleep 1; done`,
    );

  test('at the time limit, also a grandchild that ignores TERM', async () => {
    const running = run(family('limit'), { cwd: folder, timeLimitMs: 1_000 });
    const grandchild = await pidIn('limit');
    expect(isAlive(grandchild)).toBe(true);
    await expect(running).rejects.toMatchObject({ message: expect.stringContaining('ended at its time limit of 1 s') });
    await until('it is gone', () => !isAlive(grandchild));
  });

  test('when the run is aborted', async () => {
    const abort = new AbortController();
    const running = run(family('abort'), { cwd: folder, signal: abort.signal });
    const grandchild = await pidIn('abort');
    abort.abort(new Error('the run was lost'));
    await expect(running).rejects.toThrow('the run was lost');
    await until('it is gone', () => !isAlive(grandchild));
  });

  test('when the command has ended and left something behind, which does not hold the task', async () => {
    const running = run(
      shell("sh -c 'echo $$ > left; while :; do sleep 1; done' & while [ ! -s left ]; do sleep 0.05; done; echo done"),
      { cwd: folder },
    );
    await expect(running).resolves.toMatchObject({ exit_code: 0, stdout: 'done\n' });
    const left = await pidIn('left');
    await until('it is gone', () => !isAlive(left));
  });

  test('P10 when the worker itself is killed', async () => {
    const worker = spawn(process.execPath, [fileURLToPath(new URL('fixture-command.ts', import.meta.url))], {
      cwd: folder,
      stdio: 'inherit',
    });
    const command = await pidIn('orphan');
    expect(isAlive(command)).toBe(true);
    worker.kill('SIGKILL');
    await until('it is gone', () => !isAlive(command));
  });
});

test('a command worker needs a command', () => {
  expect(() => createCommandHandler({ command: [] })).toThrow('needs a command');
});
