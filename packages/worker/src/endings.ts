import { ApiError, type CallOptions } from '@orchestra-brake/client';
import {
  ENDINGS_MAX,
  type RunFinishResult,
  type RunFinishResults,
  type FinishAnswer,
  type FinishRequest,
} from '@orchestra/task-queue/contract';
import type { LateAbort } from './late-abort.ts';
import { isUntakable } from './untakable.ts';

export type EndingToTell = FinishRequest['ended'][number];

export interface EndingsOptions {
  /** Tells the service of endings alone, apart from a claim. */
  finish: (ended: EndingToTell[], call: CallOptions) => Promise<RunFinishResults>;
  /** Whether handlers are at work whose endings could go along, if these wait for a moment. */
  moreToCome: () => boolean;
  /** There is one more to tell. */
  onAdded: () => void;
}

interface Waiting {
  ending: EndingToTell;
  bytes: number;
  answer: PromiseWithResolvers<FinishAnswer>;
}

/** Endings on their way to the service together. Each is settled by its own answer, or with the error of the call. */
export interface EndingBatch {
  readonly size: number;
  readonly ended: EndingToTell[];
  settle(answers: readonly RunFinishResult[]): void;
  fail(error: Error): void;
  /** To be told in another call. */
  putBack(): void;
}

/** So long an ending waits for others to go along with. */
export const GATHER_MS = 3;
// So long it waits for a claim that is expected to take it along, while an earlier one is under way.
const WAIT_FOR_CLAIM_MS = 50;
const CALLS_MAX = 2;
const LAST_TRY_MS = 1_000;
// A body may be 256 KiB long. One ending that may be too long for that goes alone, and no other is refused with it.
const BYTES_MAX = 200_000;
const BYTES_ALONE = 50_000;

/**
 * Brings the endings of runs to the service, many in one call: with the next claim where there is one, else by
 * themselves after some milliseconds. None is told to its run as kept before the service has said so.
 */
export class Endings {
  readonly #options: EndingsOptions;
  readonly #waiting = new Set<Waiting>();
  readonly #closed = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #calls = 0;
  /** Claims follow each other, so the next one takes along what is waiting. Otherwise nothing waits for a claim. */
  claimsFollow = false;

  constructor(options: EndingsOptions) {
    this.#options = options;
  }

  /** How many wait that a claim would take along. */
  get takeable(): number {
    return this.#takeable().length;
  }

  /**
   * Tells of one ending. Safe to repeat: the service answers the same ending of the same run as it did the first time.
   *
   * @param noMoreTime ends the wait for its answer; one that has aborted already leaves a second for one last try
   * @throws ApiError when the service refuses it, and what a call may throw; TypeError for what JSON cannot say
   */
  async end(ending: EndingToTell, noMoreTime: LateAbort): Promise<FinishAnswer> {
    const last = noMoreTime.aborted;
    const waiting: Waiting = { ending, bytes: bytesOf(ending), answer: Promise.withResolvers() };
    const giveUp = (): void => {
      this.#waiting.delete(waiting);
      waiting.answer.reject(
        last ? new DOMException('the last try has taken too long', 'TimeoutError') : noMoreTime.reason,
      );
    };
    const takeBack = last ? after(LAST_TRY_MS, giveUp) : noMoreTime.onAbort(giveUp);
    this.#waiting.add(waiting);
    this.#options.onAdded();
    // No claim takes along one that goes alone.
    this.#flushIn(
      last || waiting.bytes > BYTES_ALONE
        ? 0
        : this.claimsFollow
          ? WAIT_FOR_CLAIM_MS
          : this.#options.moreToCome()
            ? GATHER_MS
            : 0,
    );
    try {
      return await waiting.answer.promise;
    } finally {
      takeBack();
    }
  }

  /** What a claim is to take along, oldest first. Anyone who takes it settles it. */
  take(): EndingBatch {
    return this.#batch(this.#takeable());
  }

  #takeable(): Waiting[] {
    const taken: Waiting[] = [];
    let bytes = 0;
    for (const waiting of this.#waiting) {
      if (taken.length >= ENDINGS_MAX || bytes + waiting.bytes > BYTES_MAX) break;
      if (waiting.bytes > BYTES_ALONE) continue;
      taken.push(waiting);
      bytes += waiting.bytes;
    }
    return taken;
  }

  /** From now on nothing waits for a claim. */
  hurry(): void {
    this.claimsFollow = false;
    this.#flushIn(0);
  }

  /** Ends the calls that nobody waits for any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#closed.abort();
  }

  #batch(taken: Waiting[]): EndingBatch {
    for (const waiting of taken) this.#waiting.delete(waiting);
    return {
      size: taken.length,
      ended: taken.map((waiting) => waiting.ending),
      settle: (answers) => {
        for (const [index, waiting] of taken.entries()) settle(waiting, answers[index]);
      },
      fail: (error) => {
        // One that the service can never take must not keep it from the others.
        if (taken.length > 1 && isUntakable(error))
          for (const waiting of taken) void this.#tell(this.#batch([waiting]));
        else for (const waiting of taken) waiting.answer.reject(error);
      },
      putBack: () => {
        for (const waiting of taken) this.#waiting.add(waiting);
        this.#flushIn(0);
      },
    };
  }

  #flushIn(ms: number): void {
    if (this.#waiting.size === 0 && ms > 0) return;
    clearTimeout(ms === 0 ? this.#timer : undefined);
    if (ms === 0) this.#timer = undefined;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#flush();
    }, ms);
  }

  async #flush(): Promise<void> {
    if (this.#calls >= CALLS_MAX || this.#waiting.size === 0) return;
    this.#calls += 1;
    const batch = this.take();
    const [first] = this.#waiting;
    await this.#tell(batch.size > 0 || first === undefined ? batch : this.#batch([first]));
    this.#calls -= 1;
    if (this.#waiting.size > 0) this.#flushIn(0);
  }

  async #tell(batch: EndingBatch): Promise<void> {
    if (batch.size === 0) return;
    try {
      const { ended } = await this.#options.finish(batch.ended, { triesMax: 1, signal: this.#closed.signal });
      batch.settle(ended);
    } catch (thrown) {
      batch.fail(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  }
}

function after(ms: number, giveUp: () => void): () => void {
  const timer = setTimeout(giveUp, ms).unref();
  return () => clearTimeout(timer);
}

function settle({ answer }: Waiting, given: RunFinishResult | undefined): void {
  const { status = null, refused = null, next_eligible_at = null } = given ?? {};
  if (status !== null) answer.resolve({ status, next_eligible_at });
  else if (refused !== null)
    answer.reject(new ApiError({ type: 'about:blank', title: 'refused', status: 409, ...refused }));
  else answer.reject(new Error('the service has not said what became of this ending'));
}

// Most endings say nothing but that they are; the others are measured.
const BYTES_PLAIN = 200;

/** @throws TypeError for what JSON cannot say: a cycle, a bigint */
function bytesOf(ending: EndingToTell): number {
  const plain =
    ending.as === 'completed' ? ending.result === undefined : ending.as === 'released' && ending.cursor === undefined;
  return plain ? BYTES_PLAIN : Buffer.byteLength(JSON.stringify(ending));
}
