import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '@orchestra/testkit';
import { lookAtProcess, ownProcessIdentity } from './process-table.ts';

const children: ChildProcess[] = [];
afterEach(async () => {
  await Promise.all(
    children
      .splice(0)
      .filter((child) => child.exitCode === null && child.signalCode === null)
      .map((child) => {
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        return gone;
      }),
  );
});

function start(
  command: string,
  args: string[],
  third: 'pipe' | 'ignore' = 'ignore',
): { child: ChildProcess; pid: number } {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore', third] });
  if (child.pid === undefined) throw new Error(`${command} did not start`);
  children.push(child);
  return { child, pid: child.pid };
}

describe.skipIf(process.platform !== 'linux')('the process table', () => {
  test('a process knows its own identity, and it stays the same', () => {
    const own = ownProcessIdentity();
    expect(own).toMatchObject({
      boot_id: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      pid_namespace: expect.stringMatching(/^pid:\[\d+\]/),
      process_started: expect.any(Number),
    });
    expect(ownProcessIdentity()).toEqual(own);
    expect(lookAtProcess(process.pid)).toEqual({ startedAtTicks: own?.process_started });
  });

  test('a living process is told by its start; one that has ended is gone', async () => {
    const { child, pid } = start('sleep', ['1000']);
    const seen = lookAtProcess(pid);
    expect(seen).toEqual({ startedAtTicks: expect.any(Number) });
    child.kill('SIGSTOP');
    expect(lookAtProcess(pid), 'frozen is not dead').toEqual(seen);
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    expect(lookAtProcess(pid)).toBe('gone');
  });

  test('one that has ended and that nobody has asked about is gone, although its pid is still taken', async () => {
    // `sleep` takes the place of the shell and never waits for the child that the shell had. That one ends when it may
    //   read no more.
    const { child, pid: parent } = start(
      '/bin/sh',
      ['-c', 'cat <&3 >/dev/null & echo $!; exec sleep 1000 3<&-'],
      'pipe',
    );
    if (child.stdout === null) throw new Error('no output');
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const pid = Number(line);
    await until('the shell is no more', () => readFileSync(`/proc/${parent}/comm`, 'utf8') === 'sleep\n');
    child.stdio[3]?.destroy();
    await until('it is a zombie', () => / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
    expect(process.kill(pid, 0)).toBe(true);
    expect(lookAtProcess(pid)).toBe('gone');
  });
});
