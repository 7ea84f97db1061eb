import { readdirSync, readFileSync } from 'node:fs';
import { readProcessStat, type ProcessStat } from '@orchestra/task-queue/process-table';

export type ProcessTable = ReadonlyMap<number, ProcessStat>;

/**
 * Every living process that this one may see; undefined where there is no `/proc` (any system but Linux). Takes some
 * milliseconds per hundred.
 */
export function readProcessTable(): ProcessTable | undefined {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return undefined;
  }
  const table = new Map<number, ProcessStat>();
  for (const name of names) {
    if (!/^[0-9]+$/.test(name)) continue;
    const entry = readProcess(Number(name));
    if (entry !== undefined) table.set(entry.pid, entry);
  }
  // Mounted for another namespace, as `unshare --pid` leaves it, or not mounted at all: its pids are not ours to
  // signal.
  return table.has(process.pid) ? table : undefined;
}

/** undefined: there is none any more, also where it has ended and only waits for its parent to ask how. */
export function readProcess(pid: number): ProcessStat | undefined {
  try {
    const stat = readProcessStat(pid);
    return stat?.dead === false ? stat : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the environment that a process was started with holds this text. False as well where it may not be read. */
export function environmentHolds(pid: number, text: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`).includes(text);
  } catch {
    return false; // it has ended meanwhile, or is another user's
  }
}
