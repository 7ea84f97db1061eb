import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { sleep, TIMER_MAX_MS } from '@orchestra/timing';
import { endProcesses } from './end-processes.ts';
import { KeptOutput, type KeepBytes } from './kept-output.ts';
import { watchMemory } from './memory-watch.ts';
import { guardAgainstOrphans, type OrphanGuard } from './orphan-guard.ts';
import { markedEnvironment } from './process-mark.ts';
import { ProcessTree } from './process-tree.ts';
import { startProblem, type StartProblem } from './start-problem.ts';

export interface CommandOrder {
  /** The program and its arguments. No shell is involved, unless the program is one. */
  command: readonly string[];
  /** The working folder; this process's own unless given. */
  cwd?: string | undefined;
  env: NodeJS.ProcessEnv;
  stdin?: string | undefined;
  /** Keeps stdin open behind what was written, until the command has ended. Some commands take its end as their own. */
  stdinStaysOpen?: boolean | undefined;
  timeLimitMs: number;
  /** From TERM to KILL. */
  graceMs: number;
  /** How much of stdout and of stderr is kept. */
  keepBytes: KeepBytes;
  /** Cancels the command. */
  signal?: AbortSignal | undefined;
  /** Told of everything that the command prints, as it comes. Must not throw. */
  onOutput?: ((chunk: Buffer, stream: 'stdout' | 'stderr') => void) | undefined;
  /** Told when nobody would end the command, should this process be killed. */
  onUnguarded?: ((error: Error) => void) | undefined;
}

export interface CommandEnd {
  /** Who ended it: itself (or someone from outside), our time limit, our caller; or it never began. */
  why: 'exited' | 'time-limit' | 'aborted' | 'not-started';
  /** null: ended by `signal`, or never begun. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  startProblem: StartProblem | null;
  durationMs: number;
  /** The most memory that its processes were seen to hold together; null: not seen. */
  memoryPeakBytes: number | null;
  /** Process ids that outlived KILL, which only the kernel can bring about. */
  survivors: number[];
  stdout: KeptOutput;
  stderr: KeptOutput;
}

// Anyone who still holds the pipe and could not be found does not hold the task.
const OUTPUT_GRACE_MS = 1_000;

/**
 * Runs a command as the leader of a process group of its own and waits for it. When it resolves nothing of it is left:
 * at the time limit, on abort, and when it has exited and left something behind, its processes are ended, wherever they
 * have gone. Never rejects for anything that the command does or is.
 *
 * @throws TypeError without a command
 */
export async function runCommand(order: CommandOrder): Promise<CommandEnd> {
  const [program] = order.command;
  if (program === undefined || program === '') throw new TypeError('there is no command to run');
  const startedAtMs = performance.now();
  const [stdout, stderr] = [new KeptOutput(order.keepBytes), new KeptOutput(order.keepBytes)];
  const nothing = {
    exitCode: null,
    signal: null,
    startProblem: null,
    memoryPeakBytes: null,
    survivors: [],
    stdout,
    stderr,
  };
  if (order.signal?.aborted) return { ...nothing, why: 'aborted', durationMs: 0 };
  const guard = guardAgainstOrphans(order.graceMs, order.onUnguarded ?? (() => {}));
  const started = await start(program, order, guard);
  if (!('child' in started))
    return { ...nothing, why: 'not-started', startProblem: started, durationMs: performance.now() - startedAtMs };

  const { child, tree } = started;
  const memory = watchMemory(tree);
  for (const [name, pipe, kept] of [
    ['stdout', child.stdout, stdout],
    ['stderr', child.stderr, stderr],
  ] as const) {
    pipe.on('data', (chunk: Buffer) => {
      kept.add(chunk);
      order.onOutput?.(chunk, name);
    });
  }
  child.stdin.on('error', () => {}); // EPIPE: it does not read what it is given, which is its right
  if (order.stdinStaysOpen === true) child.stdin.write(order.stdin ?? '');
  else child.stdin.end(order.stdin ?? '');

  const closed = once(child, 'close');
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  let why: CommandEnd['why'] = 'exited';
  let ending: Promise<number[]> | undefined;
  const endAll = () => (ending ??= endProcesses(tree, order.graceMs));
  const end = (because: 'time-limit' | 'aborted') => {
    if (why === 'exited') why = because;
    void endAll();
  };
  const abort = () => end('aborted');
  const limit = setTimeout(end, Math.min(order.timeLimitMs, TIMER_MAX_MS), 'time-limit');
  order.signal?.addEventListener('abort', abort);
  if (order.signal?.aborted) abort();

  const [exitCode, signal] = await exited;
  clearTimeout(limit);
  order.signal?.removeEventListener('abort', abort);
  const durationMs = performance.now() - startedAtMs;
  const survivors = await endAll();
  memory.stop();
  guard.dismiss();
  child.stdin.destroy();
  await Promise.race([closed, sleep(OUTPUT_GRACE_MS, undefined, { ref: false })]);
  child.stdout.destroy();
  child.stderr.destroy();
  return {
    why,
    exitCode,
    signal,
    startProblem: null,
    durationMs,
    memoryPeakBytes: memory.peakBytes,
    survivors,
    stdout,
    stderr,
  };
}

async function start(
  program: string,
  { command, cwd, env }: CommandOrder,
  guard: OrphanGuard,
): Promise<{ child: ChildProcessWithoutNullStreams; tree: ProcessTree } | StartProblem> {
  const marked = markedEnvironment(env);
  try {
    const child = spawn(program, command.slice(1), {
      cwd,
      env: marked.env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const pgid = child.pid;
    // In this very turn: a command that ends at once is not collected, and its pid given away, before the next one.
    const tree = pgid === undefined ? undefined : new ProcessTree(pgid, marked.mark);
    if (pgid !== undefined) guard.watch(pgid, marked.mark);
    await once(child, 'spawn'); // rejects with its `error`
    if (tree === undefined) throw new Error('it has no process id');
    return { child, tree };
  } catch (cause) {
    guard.dismiss();
    return startProblem(program, { cwd, env }, cause);
  }
}
