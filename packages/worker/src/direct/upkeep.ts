import { sleep } from '@orchestra/timing';
import type { DirectQueue, Round, Saw } from './direct-queue.ts';

// While tasks are claimed the lanes are kept in order; otherwise now and then, for what others did.
const BUSY_MS: Readonly<Record<Round, number>> = { reap: 0, lanes: 1_000, drop: 10_000 };
const IDLE_MS: Readonly<Record<Round, number>> = { reap: 0, lanes: 10_000, drop: 60_000 };
const RETRY_MS = 5_000;
const LONGEST_MS = 60_000;
const SAW_EVERY_MS = 45_000;

/**
 * Looks after the queue now and then, as worker-claimer does where there is one: runs of lost workers go back, and
 * lanes are kept in order. The database lets one of many workers do it, and no more often than it is worth.
 */
export class Upkeep {
  readonly #queue: Pick<DirectQueue, 'tend'>;
  readonly #saw: Saw;
  readonly #stopping = new AbortController();
  readonly #dueAtMs: Record<Round, number> = { reap: 0, lanes: 0, drop: 0 };
  #sawAtMs = -Infinity;
  #isBusy = true;
  #running: Promise<void> | undefined;

  constructor(queue: Pick<DirectQueue, 'tend'>, saw: Saw) {
    this.#queue = queue;
    this.#saw = saw;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Tasks were claimed. */
  busy(): void {
    this.#isBusy = true;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const isBusy = this.#isBusy;
      this.#isBusy = false;
      for (const round of ['reap', 'lanes', 'drop'] as const) {
        if (signal.aborted || this.#dueAtMs[round] > performance.now()) continue;
        this.#dueAtMs[round] =
          performance.now() +
          Math.min(Math.max(await this.#tend(round), (isBusy ? BUSY_MS : IDLE_MS)[round]), LONGEST_MS);
      }
      // A worker that gets busy keeps the lanes soon.
      const inMs = Math.min(Math.min(...Object.values(this.#dueAtMs)) - performance.now(), BUSY_MS.lanes);
      // stopped: the loop's condition ends it
      await sleep(Math.max(inMs, 20), signal, { ref: false });
      if (this.#isBusy) this.#dueAtMs.lanes = Math.min(this.#dueAtMs.lanes, performance.now());
    }
  }

  /** A round that fails is made again; claims tell of a database that is away. @returns in how many milliseconds */
  async #tend(round: Round): Promise<number> {
    const sees = round === 'reap' && performance.now() - this.#sawAtMs >= SAW_EVERY_MS;
    try {
      const again = await this.#queue.tend(round, sees ? this.#saw : undefined);
      if (sees) this.#sawAtMs = performance.now();
      return again * 1_000;
    } catch {
      return RETRY_MS;
    }
  }
}
