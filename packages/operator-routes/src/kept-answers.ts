// As many different questions as ten desks could ask; the one that was asked first goes first.
const KEPT_MAX = 100;

interface Kept<T> {
  answer: Promise<T>;
  readAtMs: number;
  underWay: boolean;
}

/**
 * Answers that may be a little old, so that any number of desks cost the database no more than one. Who asks while an
 * answer is being read gets that one; a reading that failed is not kept.
 */
export class KeptAnswers<T> {
  readonly #keepMs: number;
  readonly #kept = new Map<string, Kept<T>>();

  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  /** @returns what `read` answered to this question lately, and how long ago, in milliseconds */
  async get(question: string, read: () => Promise<T>): Promise<{ answer: T; ageMs: number }> {
    const kept = this.#fresh(question) ?? this.#keep(question, read());
    return { answer: await kept.answer, ageMs: Math.round(performance.now() - kept.readAtMs) };
  }

  #fresh(question: string): Kept<T> | undefined {
    const kept = this.#kept.get(question);
    return kept !== undefined && (kept.underWay || performance.now() - kept.readAtMs < this.#keepMs) ? kept : undefined;
  }

  #keep(question: string, answer: Promise<T>): Kept<T> {
    const kept = { answer, readAtMs: performance.now(), underWay: true };
    this.#kept.delete(question);
    const oldest = this.#kept.keys().next();
    if (this.#kept.size >= KEPT_MAX && !oldest.done) this.#kept.delete(oldest.value);
    this.#kept.set(question, kept);
    answer.then(
      () => {
        kept.underWay = false;
      },
      () => {
        if (this.#kept.get(question) === kept) this.#kept.delete(question);
      },
    ); // who asked is told
    return kept;
  }
}
