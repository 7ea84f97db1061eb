import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunnerOutcome } from '@orchestra/task-queue/contract';
import { factsOf } from '../outcome/command-facts.ts';
import { judgeOutcome } from '../outcome/judge-outcome.ts';
import { shortText } from '../outcome/short-text.ts';
import type { TestCounts } from '../outcome/test-counts.ts';
import { runToItsEnd, type OwnEnd } from '../process/run-to-its-end.ts';
import { boundsOf, tailOf, type RunnerBounds, type RunnerOrder } from '../runner-order.ts';
import { BegunMark } from './begun-mark.ts';
import { HOST_SCRIPT } from './host-script.ts';
import { nothingBegun } from './nothing-begun.ts';
import { sshCommand } from './ssh-command.ts';
import type { SshTarget } from './ssh-target.ts';

export interface StagingOrder extends SshTarget, RunnerOrder {
  /** The program on the host and its arguments, as an operator has set them. */
  command: readonly string[];
  /** What the task brings: JSON, one line, on the command's stdin. Nothing of it is ever part of a command line. */
  data: unknown;
}

export interface StagingRun {
  outcome: RunnerOutcome;
  counts: TestCounts | null;
  /** The end of what the command on the host has printed. */
  tail: string;
}

/** ssh's own exit code for everything that went wrong with it. A command on the host may end with it as well. */
const SSH_FAILED = 255;
const SSH_LOG_BYTES_MAX = 64 * 1_024;
/** What ssh says of connections that work, such as that their key exchange is an old one. */
const ADVICE = /^(?:\*\* |Warning: )/;

/**
 * Runs a command on a host over ssh. When it resolves, what it started on the host has ended too, or is being ended
 * there.
 *
 * @throws the reason of `signal`; SshTargetError for settings that cannot be used
 */
export async function runStaging(order: StagingOrder): Promise<StagingRun> {
  const { command, data, table } = order;
  const bounds = boundsOf(order);
  const mark = `orchestra-begun-${randomUUID()}`;
  const words = [
    'sh',
    '-c',
    HOST_SCRIPT,
    'orchestra-staging',
    String(Math.ceil(bounds.graceMs / 1_000)),
    mark,
    ...command,
  ];
  const [stdout, stderr] = (['stdout', 'stderr'] as const).map(
    (name) => new BegunMark(mark, bounds.keepBytes, (chunk) => order.onOutput?.(chunk, name)),
  ) as [BegunMark, BegunMark];
  const { end: whole, sshSaid } = await overSsh(order, words, {
    ...bounds,
    stdin: `${JSON.stringify(data ?? null)}\n`,
    onOutput: (chunk, name) => (name === 'stdout' ? stdout : stderr).add(chunk),
  });
  for (const stream of [stdout, stderr]) stream.end();
  const shown = ['ssh', `${order.user}@${order.host}`, '--', ...command];
  if (!stdout.begun && !stderr.begun) {
    const outcome = nothingBegun({
      command: shown,
      end: whole,
      said: [sshSaid, whole.stderr.text(), whole.stdout.text()].join('\n'),
      table,
    });
    return { outcome, counts: null, tail: tailOf(whole, sshSaid) };
  }
  // What a host says before is no part of the command's own output.
  const end = {
    ...whole,
    stdout: stdout.begun ? stdout.after : stdout.before,
    stderr: stderr.begun ? stderr.after : stderr.before,
  };
  const { facts, counts } = factsOf(shown, end);
  const cut = end.exitCode === SSH_FAILED && sshSaid !== '';
  const outcome = judgeOutcome(
    { ...facts, named: `${command[0]} on ${order.user}@${order.host}`, stderr: cut ? sshSaid : facts.stderr },
    table,
  );
  return { outcome, counts, tail: tailOf(end, cut ? sshSaid : '') };
}

/** One command over ssh, with what ssh itself had to say about the connection, each line beginning with `ssh: `. */
export async function overSsh(
  target: SshTarget,
  words: readonly string[],
  order: RunnerBounds & { stdin?: string },
): Promise<{ end: OwnEnd; sshSaid: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'orchestra-ssh-'));
  try {
    const log = join(folder, 'log');
    const end = await runToItsEnd({
      ...order,
      command: sshCommand(target, words, log),
      stdinStaysOpen: true,
      env: sshEnvironment(),
    });
    const said = await readFile(log, 'utf8').catch(() => ''); // it had nothing to say, or never began
    const lines = shortText(said, SSH_LOG_BYTES_MAX)
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '' && !ADVICE.test(line));
    return { end, sshSaid: lines.map((line) => (line.startsWith('ssh: ') ? line : `ssh: ${line}`)).join('\n') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of ours it gets what it needs to start, and nothing that it could send on. */
function sshEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH: PATH ?? '/usr/bin:/bin', HOME: HOME ?? '/', LC_ALL: 'C' };
}
