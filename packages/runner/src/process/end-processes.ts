import { setTimeout as delay } from 'node:timers/promises';
import { readProcess, readProcessTable } from './process-table.ts';
import type { ProcessTree } from './process-tree.ts';

const LOOK_EVERY_MS = 20;
const LOOK_SELDOM_MS = 100;
// What KILL does not end within this hangs in the kernel, in a read from a dead disk for one.
const KILL_MS = 5_000;

/**
 * Ends every process of a command: TERM, and KILL for what is left after `graceMs`, again and again for what is started
 * meanwhile. Resolves when nothing is left.
 *
 * @returns the processes that outlived KILL: none, unless the kernel itself holds them
 */
export async function endProcesses(tree: ProcessTree, graceMs: number): Promise<number[]> {
  const told = new Set<string>();
  const graceEndsMs = performance.now() + graceMs;
  if (!signalAll(tree, 'SIGTERM', told)) return [];
  for (
    let pauseMs = LOOK_EVERY_MS;
    performance.now() < graceEndsMs;
    pauseMs = Math.min(pauseMs * 1.5, LOOK_SELDOM_MS)
  ) {
    await delay(Math.min(pauseMs, Math.max(1, graceEndsMs - performance.now())));
    if (!signalAll(tree, 'SIGTERM', told)) break;
  }
  // One more look than it seems to need: the table is read line by line, and whoever forks and exits meanwhile may be
  // missed once.
  const killEndsMs = performance.now() + KILL_MS;
  while (signalAll(tree, 'SIGKILL')) {
    if (performance.now() >= killEndsMs) return tree.members().map(({ pid }) => pid);
    await delay(LOOK_EVERY_MS);
  }
  return [];
}

/**
 * Signals the whole group in one go, then each process outside of it.
 *
 * @param told who has had the signal already and is not told again
 * @returns whether anything is left
 */
function signalAll(tree: ProcessTree, signal: NodeJS.Signals, told?: Set<string>): boolean {
  const table = readProcessTable();
  const members = tree.members(table);
  const groupLeft = send(-tree.leader, told?.has('group') ? 0 : signal);
  told?.add('group');
  for (const { pid, group, startedAtTicks } of members) {
    const name = `${pid} ${startedAtTicks}`;
    if (group === tree.leader || told?.has(name)) continue;
    told?.add(name);
    if (readProcess(pid)?.startedAtTicks === startedAtTicks) send(pid, signal);
  }
  // Where there is a table it tells the dead that nobody has collected from the living; the kernel takes signals for
  // both.
  return table === undefined ? groupLeft : members.length > 0;
}

/** Sends a signal, to a group where `pid` is negative, or with 0 only looks. False: there is nobody (any more). */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    // EPERM: what is left runs as someone else, or macOS counts processes that have ended. Either way there is nothing
    // to do.
    if (error instanceof Error && 'code' in error && error.code === 'EPERM') return false;
    throw error;
  }
}
