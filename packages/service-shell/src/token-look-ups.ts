import type { Database } from '@orchestra/database';
import { findTokens, type TokenHolder } from '@orchestra/pause-core';
import { ProblemError } from './problem.ts';

type Holder = TokenHolder | undefined;

export interface TokenAnswer {
  /** Those that calls wait for. */
  wanted: readonly string[];
  /** Those that were asked about besides. */
  besides: readonly string[];
  holders: ReadonlyMap<string, TokenHolder>;
  /** On the monotonic clock. */
  askedAtMs: number;
}

export interface TokenLookUpOptions {
  /** Tokens that will have to be asked about soon; they are asked about in the same statement. */
  alsoAsk: (besides: readonly string[]) => string[];
  /** Told of each answer before those who wait for it. */
  onAnswer: (answer: TokenAnswer) => void;
}

const AT_ONCE = 2;
const TOGETHER_MAX = 200;
// Far more than a fleet has tokens; only guesses come in such numbers.
const WAITING_MAX = 5_000;

/**
 * Asks the database whose tokens these are. Few statements are under way at a time, and each asks about all that have
 * come meanwhile: however many tokens somebody makes up, a right one waits for two statements at the most.
 */
export class TokenLookUps {
  readonly #db: Database;
  readonly #options: TokenLookUpOptions;
  readonly #waiting = new Map<string, PromiseWithResolvers<Holder>>();
  readonly #underWay = new Map<string, Promise<Holder>>();
  #statements = 0;

  constructor(db: Database, options: TokenLookUpOptions) {
    this.#db = db;
    this.#options = options;
  }

  /**
   * Any number of calls with one token make one question at a time.
   *
   * @throws ProblemError `too_many_sign_ins`; the database's error
   */
  ask(token: string): Promise<Holder> {
    const asked = this.#underWay.get(token);
    if (asked !== undefined) return asked;
    if (this.#waiting.size >= WAITING_MAX)
      throw new ProblemError(
        'too_many_sign_ins',
        'too many unknown tokens are being looked up; try again in a moment',
        { headers: { 'Retry-After': '1' } },
      );
    const answer = Promise.withResolvers<Holder>();
    this.#waiting.set(token, answer);
    const settled = answer.promise.finally(() => this.#underWay.delete(token));
    settled.catch(() => {}); // whoever asked hears of it; this one is for who asks the same meanwhile
    this.#underWay.set(token, settled);
    this.#next();
    return settled;
  }

  #next(): void {
    if (this.#statements >= AT_ONCE || this.#waiting.size === 0) return;
    const batch = [...this.#waiting].slice(0, TOGETHER_MAX);
    for (const [token] of batch) this.#waiting.delete(token);
    this.#statements += 1;
    void this.#look(batch).finally(() => {
      this.#statements -= 1;
      this.#next();
    });
  }

  async #look(batch: readonly (readonly [string, PromiseWithResolvers<Holder>])[]): Promise<void> {
    const askedAtMs = performance.now();
    const tokens = batch.map(([token]) => token);
    const besides = this.#options.alsoAsk(tokens).slice(0, TOGETHER_MAX - tokens.length);
    try {
      const holders = await findTokens(this.#db, [...tokens, ...besides]);
      this.#options.onAnswer({ wanted: tokens, besides, holders, askedAtMs });
      for (const [token, answer] of batch) answer.resolve(holders.get(token));
    } catch (error) {
      for (const [, answer] of batch) answer.reject(error);
    }
  }
}
