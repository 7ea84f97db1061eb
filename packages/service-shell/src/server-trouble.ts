import { sqlState, SQLSTATE } from '@orchestra/database';

// What the server says when it answers, but has no room for a change. Only a change finds it out, so the last one is
// remembered.
const WORDS: Partial<Record<string, string>> = {
  [SQLSTATE.diskFull]: 'its disk is full',
  [SQLSTATE.outOfMemory]: 'it is out of memory',
  [SQLSTATE.ioError]: 'it cannot read or write its files',
};
const REMEMBERED_MS = 15_000;

/** Remembers for a while what kept the server from making a change that a caller asked for. */
export class ServerTrouble {
  readonly #nowMs: () => number;
  #last: { words: string; atMs: number } | undefined;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  note(error: unknown): void {
    const words = WORDS[sqlState(error) ?? ''];
    if (words !== undefined) this.#last = { words, atMs: this.#nowMs() };
  }

  /** In words that may be shown to anyone; undefined when nothing was wrong lately. */
  get words(): string | undefined {
    return this.#last !== undefined && this.#nowMs() - this.#last.atMs < REMEMBERED_MS ? this.#last.words : undefined;
  }
}
