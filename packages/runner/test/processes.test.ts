import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '@orchestra/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runCommand, type CommandEnd, type CommandOrder } from '../src/index.ts';
import { isAlive, processesWith } from './processes-with.ts';

let folder: string;
let runId: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orchestra-processes-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  runId = crypto.randomUUID();
});
afterEach(() => until('nothing of it survives', () => processesWith(runId).length === 0));

function run(command: readonly string[], order: Partial<CommandOrder> = {}): Promise<CommandEnd> {
  return runCommand({
    command,
    cwd: folder,
    env: { ...process.env, ORCHESTRA_RUN_ID: runId },
    timeLimitMs: 30_000,
    graceMs: 300,
    keepBytes: { head: 10_000, tail: 10_000 },
    ...order,
  });
}

const shell = (script: string): string[] => ['/bin/sh', '-c', script];
const stubborn = (file: string) => `trap "" TERM; echo $$ > ${file}; while :; do sleep 0.1; done`;
const pidIn = async (file: string) =>
  Number(await until(`a process id in ${file}`, () => readFile(join(folder, file), 'utf8').catch(() => '')));

// Each of them says who it is in a file once it is there.
const FUGITIVES: Readonly<Record<string, (file: string) => string>> = {
  'a child that ignores TERM': (file) => `sh -c '${stubborn(file)}' & wait`,
  'a grandchild in a session of its own': (file) =>
    `(setsid sh -c '${stubborn(file)}' &) ; wait; while :; do sleep 0.1; done`,
  'a daemon whose parents have all ended': (file) =>
    `setsid sh -c '(setsid sh -c "$0" &) &' '${stubborn(file)}'; while :; do sleep 0.1; done`,
  'one that threw its environment away': (file) => `env -i PATH="$PATH" sh -c '${stubborn(file)}' & wait`,
  'one that threw it away, in a session of its own': (file) =>
    `setsid env -i PATH="$PATH" sh -c '${stubborn(file)}' & wait; while :; do sleep 0.1; done`,
  'one that starts another when it is told to end': (file) =>
    `sh -c 'trap "setsid sh -c \\"$0\\" &" TERM; touch ready; while :; do sleep 0.1; done' ` +
    `'${stubborn(file)}' & until [ -e ready ]; do sleep 0.05; done; rm ready; echo 0 > started; wait; ` +
    'while :; do sleep 0.1; done',
};

describe('nothing survives', () => {
  test('the time limit: all of them at once', async () => {
    const files = Object.keys(FUGITIVES)
      .slice(0, 5)
      .map(() => `limit-${crypto.randomUUID()}`);
    const scripts = Object.values(FUGITIVES)
      .slice(0, 5)
      .map((script, at) => `(${script(files[at] ?? '')}) &`);
    const running = run(shell(`${scripts.join(' ')} wait`), { timeLimitMs: 5_000 });
    const pids = await Promise.all(files.map(pidIn));
    expect(pids.map(isAlive)).toEqual(pids.map(() => true));
    expect(await running).toMatchObject({ why: 'time-limit', survivors: [] });
    expect(pids.map(isAlive)).toEqual(pids.map(() => false));
    expect(processesWith(runId)).toEqual([]);
  });

  test.each(Object.keys(FUGITIVES).slice(0, 5))('being cancelled: %s', async (who) => {
    const file = `cancel-${crypto.randomUUID()}`;
    const cancel = new AbortController();
    const running = run(shell(FUGITIVES[who]?.(file) ?? ''), { signal: cancel.signal });
    const pid = await pidIn(file);
    cancel.abort();
    expect(await running).toMatchObject({ why: 'aborted', survivors: [] });
    expect(isAlive(pid)).toBe(false);
    expect(processesWith(runId)).toEqual([]);
  });

  test('being cancelled: one without environment, in a session of its own, whose parent ended while it was watched', async () => {
    const file = `watched-${crypto.randomUUID()}`;
    const cancel = new AbortController();
    const running = run(
      shell(
        `sh -c 'echo $$ > "$0"; setsid env -i PATH="$PATH" sh -c "$1" & sleep 2.5' parent ` +
          `'${stubborn(file)}' & while :; do sleep 0.1; done`,
      ),
      { signal: cancel.signal },
    );
    const [pid, parent] = [await pidIn(file), await pidIn('parent')];
    await until('its parent has ended', () => !isAlive(parent));
    expect(isAlive(pid)).toBe(true);
    cancel.abort();
    await running;
    expect(isAlive(pid)).toBe(false);
  });

  test('being cancelled: one that starts another when it is told to end', async () => {
    const file = `heir-${crypto.randomUUID()}`;
    const cancel = new AbortController();
    const running = run(shell(FUGITIVES['one that starts another when it is told to end']?.(file) ?? ''), {
      signal: cancel.signal,
      graceMs: 3_000,
    });
    await pidIn('started');
    cancel.abort();
    await running;
    expect(processesWith(runId)).toEqual([]);
    // On a busy machine the heir may have been ended before it told its id.
    const heir = await readFile(join(folder, file), 'utf8').catch(() => '');
    expect(heir !== '' && isAlive(Number(heir))).toBe(false);
  });

  test('the end of its command: a daemon that it left behind, which does not hold the task', async () => {
    const end = await run(
      shell(`(setsid sh -c '${stubborn('left')}' &) ; while [ ! -s left ]; do sleep 0.05; done; echo done`),
    );
    expect(end).toMatchObject({ why: 'exited', exitCode: 0, survivors: [] });
    expect(end.stdout.text()).toBe('done\n');
    expect(isAlive(await pidIn('left'))).toBe(false);
  });

  test('P10 the end of the process that started it, by KILL: its group, and a daemon', async () => {
    const started = spawn(
      process.execPath,
      [
        fileURLToPath(new URL('fixture-run.ts', import.meta.url)),
        `sh -c '${stubborn('in-group')}' & (setsid sh -c '${stubborn('daemon')}' &); ${stubborn('orphan')}`,
      ],
      {
        cwd: folder,
        stdio: 'inherit',
        env: { ...process.env, ORCHESTRA_RUN_ID: runId },
      },
    );
    const all = await Promise.all(['in-group', 'daemon', 'orphan'].map(pidIn));
    expect(all.map(isAlive)).toEqual([true, true, true]);
    const gone = once(started, 'exit');
    started.kill('SIGKILL');
    await gone;
    await until('all of it is gone', () => all.every((pid) => !isAlive(pid)));
  });

  test('the end of an outer command: what an inner one has started', async () => {
    const inner = `inner-${crypto.randomUUID()}`;
    const cancel = new AbortController();
    const running = run(
      [
        process.execPath,
        fileURLToPath(new URL('fixture-run.ts', import.meta.url)),
        `(setsid sh -c '${stubborn(inner)}' &); sleep 60`,
      ],
      { signal: cancel.signal },
    );
    const pid = await pidIn(inner);
    cancel.abort();
    await running;
    expect(isAlive(pid)).toBe(false);
  });
});

describe('a command', () => {
  test('is ended by TERM where that is enough, and may tidy up', async () => {
    const cancel = new AbortController();
    const running = run(shell('trap "echo tidied; exit 7" TERM; echo > tidy; while :; do sleep 0.05; done'), {
      signal: cancel.signal,
      graceMs: 20_000,
    });
    await pidIn('tidy');
    cancel.abort();
    const end = await running;
    expect(end).toMatchObject({ why: 'aborted', exitCode: 7 });
    expect(end.stdout.text()).toBe('tidied\n');
  });

  test('that is cancelled before it begins does not begin', async () => {
    expect(await run(shell('echo > begun'), { signal: AbortSignal.abort() })).toMatchObject({
      why: 'aborted',
      exitCode: null,
    });
    await expect(readFile(join(folder, 'begun'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('is heard as it speaks, and kept to a size', async () => {
    const cancel = new AbortController();
    let heard = '';
    const running = run(shell('echo first; echo aside >&2; while :; do sleep 0.05; done'), {
      onOutput: (chunk, stream) => {
        heard += `${stream}: ${chunk.toString()}`;
      },
      signal: cancel.signal,
    });
    await until('it is heard while it runs', () => heard.includes('stdout: first') && heard.includes('stderr: aside'));
    cancel.abort();
    await running;

    let bytes = 0;
    const end = await run(shell('echo the beginning; yes 0123456789 | head -c 3000000; echo the end'), {
      onOutput: (chunk) => {
        bytes += chunk.length;
      },
      keepBytes: { head: 100, tail: 100 },
    });
    expect(bytes).toBe(3_000_022);
    expect(end.stdout.bytesSeen).toBe(bytes);
    expect(end.stdout.text()).toMatch(/^the beginning\n[^]*… 2,999,822 bytes left out …\n[^]*the end\n$/);
    expect(end.stdout.text().length).toBeLessThan(300);
  });

  test('is seen with the memory that all of it takes', async () => {
    const cancel = new AbortController();
    const hog =
      "const held = Buffer.alloc(150 << 20, 1); require('fs').writeFileSync('held', '1'); setInterval(() " +
      '=> held, 1000)';
    const running = run(shell(`"${process.execPath}" -e "${hog}" & wait`), { signal: cancel.signal });
    await pidIn('held');
    // The table is read twice a second; a second process of the same kind tells when that has happened since.
    await run(shell('sleep 1.2'));
    cancel.abort();
    const { memoryPeakBytes } = await running;
    expect(memoryPeakBytes).toBeGreaterThan(150 << 20);
    expect(memoryPeakBytes).toBeLessThan(1_000 << 20);
  });

  test('gets what it is to read, and need not read it', async () => {
    expect((await run(['cat'], { stdin: 'x'.repeat(5_000) })).stdout.text()).toBe('x'.repeat(5_000));
    expect(await run(['true'], { stdin: 'x'.repeat(500_000) })).toMatchObject({ exitCode: 0 });
  });

  test('must be one', async () => {
    await expect(run([])).rejects.toThrow('no command');
  });
});
