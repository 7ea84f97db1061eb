import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { TaskFailure } from '../stop-reasons.ts';
import { TIMER_MAX_MS } from '../timer-max.ts';
import { guardAgainstOrphans, type OrphanGuard } from './orphan-guard.ts';
import { OutputTail } from './output-tail.ts';
import { endProcessGroup } from './process-group.ts';

export interface CommandOrder {
  program: string;
  args: readonly string[];
  cwd: string | undefined;
  env: NodeJS.ProcessEnv;
  stdin: string;
  timeLimitMs: number;
  outputBytesMax: number;
  graceMs: number;
  signal: AbortSignal;
  onUnguarded: (error: Error) => void;
}

export interface CommandEnd {
  why: 'exited' | 'time-limit' | 'aborted';
  /** null: ended by `signal`. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  durationMs: number;
  stdout: OutputTail;
  stderr: OutputTail;
}

// Whoever left the process group and still holds the pipe does not hold the task.
const OUTPUT_GRACE_MS = 1_000;

/**
 * Runs a command as the leader of a process group of its own and waits for it. When it resolves nothing of the group is
 * left: at the time limit, on abort, and when the leader has exited and left something behind, the group is ended.
 *
 * @throws TaskFailure when it cannot be started
 */
export async function runCommand(order: CommandOrder): Promise<CommandEnd> {
  const startedAtMs = performance.now();
  const guard = guardAgainstOrphans(order.graceMs, order.onUnguarded);
  const { child, pgid } = await start(order, guard);
  const stdout = new OutputTail(order.outputBytesMax);
  const stderr = new OutputTail(order.outputBytesMax);
  child.stdout.on('data', (chunk: Buffer) => stdout.add(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.add(chunk));
  child.stdin.on('error', () => {}); // EPIPE: it does not read its payload, which is its right
  child.stdin.end(order.stdin);

  const closed = once(child, 'close');
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  let why: CommandEnd['why'] = 'exited';
  let ending: Promise<void> | undefined;
  const endGroup = () => ending ??= endProcessGroup(pgid, order.graceMs);
  const end = (because: 'time-limit' | 'aborted') => { why = because; void endGroup(); };
  const abort = () => end('aborted');
  const limit = setTimeout(end, Math.min(order.timeLimitMs, TIMER_MAX_MS), 'time-limit');
  order.signal.addEventListener('abort', abort);
  if (order.signal.aborted) abort();

  const [exitCode, signal] = await exited;
  clearTimeout(limit);
  order.signal.removeEventListener('abort', abort);
  const durationMs = performance.now() - startedAtMs;
  await endGroup();
  guard.dismiss();
  await Promise.race([closed, delay(OUTPUT_GRACE_MS, undefined, { ref: false })]);
  child.stdout.destroy();
  child.stderr.destroy();
  return { why, exitCode, signal, durationMs, stdout, stderr };
}

async function start({ program, args, cwd, env }: CommandOrder, guard: OrphanGuard): Promise<{ child: ChildProcessWithoutNullStreams; pgid: number }> {
  try {
    const child = spawn(program, args, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const pgid = child.pid;
    if (pgid !== undefined) guard.watch(pgid);
    await once(child, 'spawn'); // rejects with its `error`
    if (pgid === undefined) throw new Error('it has no process id');
    return { child, pgid };
  } catch (cause) {
    guard.dismiss();
    throw cannotStart(program, cause);
  }
}

function cannotStart(program: string, cause: unknown): TaskFailure {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const why = code === 'ENOENT' ? 'there is no such command, or its working folder is missing'
    : code === 'EACCES' ? 'it may not be executed'
      : cause instanceof Error ? cause.message : String(cause);
  return new TaskFailure(`cannot start ${program}: ${why}`, { cause });
}
