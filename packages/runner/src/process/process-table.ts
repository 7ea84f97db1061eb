import { readdirSync, readFileSync } from 'node:fs';

/** One line of the process table. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** In clock ticks since the machine was started. A pid comes again, but not with the same start. */
  readonly startedAtTicks: number;
  /** Pages of memory that it holds just now. */
  readonly residentPages: number;
}

export type ProcessTable = ReadonlyMap<number, ProcessEntry>;

/** Every living process that this one may see; undefined where there is no `/proc` (any system but Linux). Takes some milliseconds per hundred. */
export function readProcessTable(): ProcessTable | undefined {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return undefined;
  }
  const table = new Map<number, ProcessEntry>();
  for (const name of names) {
    if (!/^[0-9]+$/.test(name)) continue;
    const entry = readProcess(Number(name));
    if (entry !== undefined) table.set(entry.pid, entry);
  }
  // Mounted for another namespace, as `unshare --pid` leaves it, or not mounted at all: its pids are not ours to signal.
  return table.has(process.pid) ? table : undefined;
}

/** undefined: there is none any more, also where it has ended and only waits for its parent to ask how. */
export function readProcess(pid: number): ProcessEntry | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
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

/** The name of the command, in brackets, may hold anything, brackets and spaces included. */
export function parseStat(stat: string): ProcessEntry | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, threads] = [fields[0] ?? '', Number(fields[17])];
  // As long as it has other threads, these may still be at work.
  if ((state === 'Z' || state === 'X') && threads <= 1) return undefined;
  const entry = {
    pid: Number.parseInt(stat, 10), parent: Number(fields[1]), group: Number(fields[2]), session: Number(fields[3]),
    startedAtTicks: Number(fields[19]), residentPages: Number(fields[21]),
  };
  return Object.values(entry).every(Number.isSafeInteger) ? entry : undefined;
}
