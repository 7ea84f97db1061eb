import { readFileSync } from 'node:fs';

/** One line of the process table. */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** In clock ticks since the machine was started. A pid comes again, but not with the same start. */
  readonly startedAtTicks: number;
  /** Pages of memory that it holds just now. */
  readonly residentPages: number;
  /** Ended, and its parent has not asked yet how. */
  readonly dead: boolean;
}

/**
 * What `/proc` says of a process.
 *
 * @returns undefined for a line that cannot be understood
 * @throws the system's error where there is none to read
 */
export function readProcessStat(pid: number | 'self'): ProcessStat | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the command, in brackets, may hold anything, brackets and spaces included.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, threads] = [fields[0] ?? '', Number(fields[17])];
  const numbers = {
    pid: Number.parseInt(stat, 10),
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startedAtTicks: Number(fields[19]),
    residentPages: Number(fields[21]),
  };
  if (![threads, ...Object.values(numbers)].every(Number.isSafeInteger)) return undefined;
  // As long as it has other threads, these may still be at work.
  return { ...numbers, dead: (state === 'Z' || state === 'X') && threads <= 1 };
}
