import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { HistoryEvent, Recorded } from '../history/event.ts';

/**
 * Milliseconds of the machine's monotonic clock: comparable between its processes, and untouched by a wrong wall clock.
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/**
 * Appends one process's part of the history. Each line is written before the call returns, so that a kill loses none.
 */
export class Recorder {
  readonly #file: number;
  readonly #name: string;
  #calls = 0;

  constructor(file: string, name: string) {
    this.#file = openSync(file, 'a');
    this.#name = `${name}:${process.pid}`;
  }

  write(event: Recorded): void {
    writeSync(this.#file, `${JSON.stringify({ t: monotonicMs(), proc: this.#name, ...event })}\n`);
  }

  /** An id for the lines of one call. */
  nextId(): string {
    return String(++this.#calls);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Every line of every process, in the order of the clock. A last line that a kill cut short does not count. */
export async function readHistory(folder: string): Promise<HistoryEvent[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
  return files.flatMap((name) => readLines(join(folder, name))).toSorted((a, b) => a.t - b.t);
}

function readLines(file: string): HistoryEvent[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  lines.pop(); // behind the last line break: nothing, or half a line
  return lines.map((line): HistoryEvent => JSON.parse(line));
}
