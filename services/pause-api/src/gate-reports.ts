import type { Database } from '@orchestra/database';
import { noteGates, noteRefusals, type GateSighting, type NotedRefusal } from '@orchestra/pause-core';
import { ProblemError, type Logger } from '@orchestra/service-shell';

// Reports that come within this time are written together.
const GAP_MS = 100;
const GATES_MAX = 10_000;
const REFUSALS_MAX = 10_000;

interface Batch {
  gates: Map<string, GateSighting>;
  refusals: NotedRefusal[];
  written: PromiseWithResolvers<void>;
}

/**
 * Writes down what gates report, for any number of them in two statements at a time, one after the other. What waits to
 * be written is bounded: a report beyond that is refused, and its gate sends it again.
 */
export class GateReports {
  readonly #db: Database;
  readonly #log: Logger;
  readonly #onRefused: (count: number) => void;
  #batch: Batch = newBatch();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #stopped = false;

  /** @param onRefused told how many steps were stopped, once that is written down */
  constructor(db: Database, log: Logger, onRefused: (count: number) => void) {
    this.#db = db;
    this.#log = log;
    this.#onRefused = onRefused;
  }

  /**
   * Resolves once it is written.
   *
   * @throws ProblemError `too_many_waiters` when too much waits to be written; the database's error
   */
  async note(gate: GateSighting, refusals: readonly NotedRefusal[]): Promise<void> {
    const key = `${gate.tokenId} ${gate.id}`;
    if (
      this.#stopped ||
      (this.#batch.gates.size >= GATES_MAX && !this.#batch.gates.has(key)) ||
      this.#batch.refusals.length + refusals.length > REFUSALS_MAX
    ) {
      throw new ProblemError(
        'too_many_waiters',
        'more gates report than can be written down just now; report again in a moment',
        { headers: { 'Retry-After': '1' } },
      );
    }
    const before = this.#batch.gates.get(key);
    this.#batch.gates.set(key, { ...gate, knownPauses: gate.knownPauses ?? before?.knownPauses ?? null });
    this.#batch.refusals.push(...refusals);
    const { promise } = this.#batch.written;
    this.#schedule();
    await promise;
  }

  /** The same for who does not wait: an answer to an agent is not kept up by what is written about it. */
  noteLater(gate: GateSighting, refusals: readonly NotedRefusal[]): void {
    this.note(gate, refusals).catch((err: unknown) =>
      this.#log.debug({ err, gate: gate.name }, 'what a gate has refused could not be written down'),
    );
  }

  /** Writes what is there, and takes no more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#write();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#writing !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined;
        if (this.#batch.gates.size > 0 && !this.#stopped) this.#schedule();
      });
    }, GAP_MS);
  }

  async #write(): Promise<void> {
    const batch = this.#batch;
    this.#batch = newBatch();
    batch.written.promise.catch(() => {}); // a caller that waits for the batch gets the error; there need be none
    try {
      // One statement may not meet one row twice, and of two tokens with one id each is heard: the table says whose it
      // is.
      for (let left = [...batch.gates.values()]; left.length > 0;) {
        const byId = new Map(left.toReversed().map((gate) => [gate.id, gate]));
        await noteGates(this.#db, [...byId.values()]);
        left = left.filter((gate) => byId.get(gate.id) !== gate);
      }
      await noteRefusals(this.#db, batch.refusals);
      this.#onRefused(batch.refusals.reduce((sum, { refused }) => sum + refused, 0));
      batch.written.resolve();
    } catch (error) {
      batch.written.reject(error);
    }
  }
}

function newBatch(): Batch {
  return { gates: new Map(), refusals: [], written: Promise.withResolvers<void>() };
}
