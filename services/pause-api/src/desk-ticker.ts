import type { Database } from '@orchestra/database';
import type { Logger } from '@orchestra/service-shell';
import { readLiveStats } from '@orchestra/task-queue';
import type { DeskTick } from '@orchestra/task-queue/contract';
import { sleep } from '@orchestra/timing';

const EVERY_MS = 2_000;

/** One stream that follows the ticks. */
export interface DeskReader {
  /**
   * The newest tick, once; undefined: nothing newer than before. A reader that is slow misses some, and loses nothing
   * by it.
   */
  take: () => string | undefined;
  leave: () => void;
}

/**
 * Reads every two seconds what a desk shows beside the events: once for all that follow, and not at all while nobody
 * does. With the database away the ticks go on, and say so: an open line is no sign that anything is known.
 */
export class DeskTicker {
  readonly #db: Database;
  readonly #log: Logger;
  readonly #readers = new Set<() => void>();
  #tick: { text: string } | undefined;
  #running: { ending: AbortController; done: Promise<void> } | undefined;

  constructor(db: Database, log: Logger) {
    this.#db = db;
    this.#log = log;
  }

  /** @param onTick called when there is something to take */
  follow(onTick: () => void): DeskReader {
    let taken: { text: string } | undefined;
    this.#readers.add(onTick);
    this.#running ??= this.#start();
    return {
      take: () => {
        if (this.#tick === taken) return undefined;
        taken = this.#tick;
        return taken?.text;
      },
      leave: () => {
        this.#readers.delete(onTick);
        if (this.#readers.size === 0) void this.stop();
      },
    };
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    // What was read for others a while ago is not how it stands for the next one who comes.
    this.#tick = undefined;
    running?.ending.abort();
    await running?.done;
  }

  #start(): { ending: AbortController; done: Promise<void> } {
    const ending = new AbortController();
    return { ending, done: this.#run(ending.signal) };
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const text = deskMessage(await this.#read());
      if (signal.aborted) return;
      this.#tick = { text };
      for (const onTick of this.#readers) onTick();
      await sleep(EVERY_MS, signal); // aborted: nobody follows any more
    }
  }

  async #read(): Promise<DeskTick> {
    try {
      return { numbers: await readLiveStats(this.#db) };
    } catch (err) {
      this.#log.debug({ err }, 'the numbers of the desk could not be read');
      return { numbers: null };
    }
  }
}

/** Without an `id:` line: a reader that comes back resumes behind the last event, whatever ticks came after it. */
function deskMessage(tick: DeskTick): string {
  return `event: desk\ndata: ${JSON.stringify(tick)}\n\n`;
}
