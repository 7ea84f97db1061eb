import type { DoorWords } from '../door.ts';
import type { CannotWork } from './cannot-work.ts';
import { TroubleReport } from './trouble-report.ts';

export interface ReachReportsOptions {
  words: DoorWords;
  warn: (text: string) => void;
  /** Whether anybody listens to that event of the worker. */
  hasListener: (event: 'claim-failed' | 'pauses-unreadable') => boolean;
  /** Whether the pauses could ever be read. */
  arePausesKnown: () => boolean;
  /** What the worker does until then. */
  onUnknown: 'continue' | 'stop';
}

// How long a service may be away, or not answer, before somebody is told.
const TROUBLE_AFTER_MS = 3_000;

/**
 * What becomes of a worker's calls for tasks and for pauses: whether the first one is refused, and trouble that
 * lasts.
 */
export class ReachReports {
  readonly #options: ReachReportsOptions;
  readonly #claims: TroubleReport;
  readonly #pauses: TroubleReport;
  readonly #first = Promise.withResolvers<CannotWork | undefined>();

  constructor(options: ReachReportsOptions) {
    this.#options = options;
    const { words, warn, hasListener } = options;
    this.#claims = new TroubleReport({
      afterMs: TROUBLE_AFTER_MS,
      warn,
      sayOver: 'claims are answered again',
      isToldOtherwise: () => hasListener('claim-failed'),
      sayTrouble: (error) => `nothing can be claimed: ${words.sayTrouble(error, 'tasks')}; trying again until it works`,
    });
    this.#pauses = new TroubleReport({
      afterMs: TROUBLE_AFTER_MS,
      warn,
      sayOver: 'the pauses can be read again',
      // While nothing can be claimed, that is what has to be known.
      isToldOtherwise: () => hasListener('pauses-unreadable') || this.#claims.isThere,
      sayTrouble: (error) =>
        `the pauses cannot be read: ${words.sayTrouble(error, 'pauses')}; until then ${this.#withoutPauses()}`,
    });
  }

  /** A claim was sent that the service answers at once. */
  claimAsked(): void {
    this.#claims.wait();
  }

  claimAnswered(): void {
    this.#first.resolve(undefined);
    this.#claims.answered();
  }

  claimFailed(error: Error): void {
    this.#first.resolve(this.#options.words.refusalOf(error, 'tasks'));
    this.#claims.failed(error);
  }

  pausesAsked(): void {
    this.#pauses.wait();
  }
  pausesRead(): void {
    this.#pauses.answered();
  }

  pausesFailed(error: Error): void {
    // Nothing is claimed before the pauses are known, so no claim would tell of the refusal.
    if (this.#options.onUnknown === 'stop' && !this.#options.arePausesKnown()) {
      this.#first.resolve(this.#options.words.refusalOf(error, 'pauses'));
    }
    this.#pauses.failed(error);
  }

  /**
   * The refusal of the first call; undefined: it was taken, or failed otherwise, or `stopping` has aborted. Each call
   * has a time limit, so this ends.
   */
  async refusedAtFirst(stopping: AbortSignal): Promise<CannotWork | undefined> {
    const enough = (): void => this.#first.resolve(undefined);
    stopping.addEventListener('abort', enough, { once: true });
    try {
      return await this.#first.promise;
    } finally {
      stopping.removeEventListener('abort', enough);
    }
  }

  /** Nothing is told any more. */
  close(): void {
    this.#claims.close();
    this.#pauses.close();
  }

  #withoutPauses(): string {
    if (this.#options.arePausesKnown()) return 'checkpoints go by what was known before';
    return this.#options.onUnknown === 'stop' ? 'nothing is claimed' : 'checkpoints stop for no pause';
  }
}
