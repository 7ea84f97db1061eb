import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { ActivePause } from '../pause.ts';
import type { TaskLabels } from '../scope.ts';
import { ReplicaError } from './errors.ts';
import { PauseIndex, type PauseCheck } from './pause-index.ts';
import { NEXT, type ReplicaEvent, type ReplicaState } from './replica-state.ts';
import { samePauses } from './same-pauses.ts';

// Readings follow each other closely enough that a lost bell costs less than 5 s (P6), the reading itself included.
const REREAD_EVERY_MS = 4_500;
const RETRY_READ_AFTER_MS = 1_000;
const READ_TIMEOUT_MS = 4_000;
// Two readings may fail before what is known is called stale.
const TRUST_MS = 10_000;
// Ten thousand bells a second are still twenty readings a second. The first bell after a quiet time waits for nothing.
const READ_GAP_MS = 50;

/** What a listener tells the replica. Both may be called at any time and any number of times. */
export interface Ears {
  /** A bell rang, or listening has begun (again): what was known may have changed. */
  onBell(): void;
  /** From here on bells may be missed, until `onBell` says that listening has begun again. */
  onLost(error: Error): void;
}

export interface ReplicaOptions {
  /** The active pauses, read from the source itself. The signal aborts when the answer is no longer waited for. */
  read(signal: AbortSignal): Promise<ActivePause[]>;
  /**
   * Begins to listen for bells and goes on trying whatever happens; resolves once it listens, or has failed to for the
   * first time. What it resolves to stops it.
   */
  listen(ears: Ears): Promise<() => Promise<void>>;
  /** From the beginning of one reading to the next, without any bell. Less than 5 s, unless P6 is given up. */
  rereadEveryMs?: number;
  /** The same after a reading that failed. */
  retryReadAfterMs?: number;
  readTimeoutMs?: number;
  /** How long after it was asked for a reading is believed; later it is still answered by, and called stale. */
  trustMs?: number;
  /** At least this long from the beginning of one reading to the next, whatever rings. */
  readGapMs?: number;
}

export interface ReplicaEvents {
  /** A reading differs from the one before it; the first reading always does. A pause that ends by the clock is told with the next reading. */
  changed: [{ pauses: readonly ActivePause[] }];
  state: [{ from: ReplicaState; to: ReplicaState }];
  'read-failed': [Error];
  /** Listening was interrupted; it goes on by itself. Once for each interruption. */
  disconnected: [Error];
}

/** What a loop does at its checkpoint. */
export type Checkpoint =
  | { stop: false }
  | { stop: true; why: 'paused'; reason: string; pause: ActivePause }
  | { stop: true; why: 'unknown'; reason: string; pause: null };

const NOT_PAUSED: PauseCheck = Object.freeze({ paused: false, reason: null, pause: null });
const GO_ON: Checkpoint = Object.freeze({ stop: false });
const UNKNOWN: Checkpoint = Object.freeze({ stop: true, why: 'unknown', reason: 'the active pauses could not be read yet', pause: null });

/**
 * A process's own copy of the active pauses, for looks that must cost nothing: `isPaused` is synchronous and does no I/O.
 * The claim does not ask it; the gate reads the rows.
 *
 * It listens first and then reads. Every bell, every reconnect and a timer end in one more reading, so a lost bell costs
 * time only (P6). When the source cannot be read it keeps what it last knew, each pause to its own end (P13). Nothing that
 * happens to the source makes it throw.
 */
export class PauseReplica extends EventEmitter<ReplicaEvents> {
  readonly #options: Required<ReplicaOptions>;
  #state: ReplicaState = 'starting';
  #index = new PauseIndex([], 0);
  #lastRead: readonly ActivePause[] | undefined;
  #trustedUntilMs = -Infinity;
  #readBeganMs = -Infinity;
  /** Somebody wants a reading that has not begun yet; settled when it has ended. */
  #wanted: PromiseWithResolvers<void> | undefined;
  #working = false;
  #started: Promise<void> | undefined;
  #stopListening: (() => Promise<void>) | undefined;
  readonly #stopped = new AbortController();
  #rereadTimer: NodeJS.Timeout | undefined;
  #trustTimer: NodeJS.Timeout | undefined;

  constructor(options: ReplicaOptions) {
    super();
    this.#options = {
      rereadEveryMs: REREAD_EVERY_MS, retryReadAfterMs: RETRY_READ_AFTER_MS, readTimeoutMs: READ_TIMEOUT_MS,
      trustMs: TRUST_MS, readGapMs: READ_GAP_MS, ...options,
    };
  }

  get state(): ReplicaState { return this.#state; }

  /** Whether any reading has ever succeeded. Without one, "not paused" is only the absence of knowledge. */
  get known(): boolean { return this.#lastRead !== undefined; }

  /** Until when the last good reading is believed, by `performance.now()`; counted from when it was asked for. */
  get trustedUntilMs(): number { return this.#trustedUntilMs; }

  /** True: the source could not be read lately; the answers are what was last known. */
  get stale(): boolean { return performance.now() >= this.#trustedUntilMs; }

  /** Every pause that has not ended, with the time left as of now. */
  pauses(): ActivePause[] { return this.#index.active(); }

  /** Is work with these labels held back, by what is known? Of several pauses the same one is always named: see `comparePrecedence`. */
  isPaused(labels: TaskLabels): PauseCheck {
    return this.#index.find(labels) ?? NOT_PAUSED;
  }

  /**
   * The look that a long loop takes between two iterations (P4).
   *
   * @param options.onUnknown what to do while nothing has ever been read (P13); going on unless told otherwise
   */
  checkpoint(labels: TaskLabels, options: { onUnknown?: 'continue' | 'stop' } = {}): Checkpoint {
    if (!this.known) return options.onUnknown === 'stop' ? UNKNOWN : GO_ON;
    const covered = this.#index.find(labels);
    return covered === undefined ? GO_ON : { stop: true, why: 'paused', reason: covered.reason, pause: covered.pause };
  }

  /**
   * Listens, then reads. Resolves when the first reading has ended, well or not: with the source down it goes on
   * trying in the background.
   */
  start(): Promise<void> {
    return this.#started ??= this.#begin();
  }

  /** Ends listening and reading. It goes on answering by what it last knew. */
  async stop(): Promise<void> {
    this.#move('stop');
    this.#stopped.abort();
    clearTimeout(this.#rereadTimer);
    clearTimeout(this.#trustTimer);
    const stopListening = this.#stopListening;
    this.#stopListening = undefined;
    await stopListening?.();
  }

  /**
   * Resolves when a reading that began after this call has ended, well or not. Any number of calls share one reading,
   * and there is one at a time.
   */
  refresh(): Promise<void> {
    if (this.#stopped.signal.aborted) return Promise.resolve();
    this.#wanted ??= Promise.withResolvers<void>();
    const { promise } = this.#wanted;
    if (!this.#working) void this.#readWhileWanted();
    return promise;
  }

  async #begin(): Promise<void> {
    const { listen, rereadEveryMs } = this.#options;
    // Also when listening takes for ever to begin, readings do not wait for it.
    this.#rereadTimer = setTimeout(() => void this.refresh(), rereadEveryMs);
    try {
      this.#stopListening = await listen({
        onBell: () => void this.refresh(),
        onLost: (error) => this.#disconnected(error),
      });
    } catch (cause) {
      this.#disconnected(new ReplicaError('connection_lost', 'listening for bells did not begin; readings go on by the clock', { cause }));
    }
    // Stopped meanwhile: stop() had nothing in hand yet that it could end.
    if (this.#stopped.signal.aborted) await this.stop();
    await this.refresh();
  }

  #disconnected(error: Error): void {
    if (this.#state === 'stopped') return;
    this.#move('disconnected');
    this.emit('disconnected', error);
  }

  async #readWhileWanted(): Promise<void> {
    this.#working = true;
    try {
      while (this.#wanted !== undefined) {
        await this.#keepGap();
        const wanted: PromiseWithResolvers<void> = this.#wanted;
        this.#wanted = undefined; // whoever asks from here on wants one more
        try {
          if (!this.#stopped.signal.aborted) await this.#readOnce();
        } finally {
          wanted.resolve();
        }
      }
    } finally {
      this.#working = false;
    }
  }

  async #keepGap(): Promise<void> {
    const { signal } = this.#stopped;
    for (let leftMs; (leftMs = this.#readBeganMs + this.#options.readGapMs - performance.now()) > 0 && !signal.aborted;) {
      await delay(leftMs, undefined, { signal }).catch(() => {}); // rejects when stopped, and only then
    }
  }

  async #readOnce(): Promise<void> {
    const { rereadEveryMs, retryReadAfterMs } = this.#options;
    const askedAtMs = this.#readBeganMs = performance.now();
    const answer = await this.#ask();
    if (this.#stopped.signal.aborted) return;
    const nextInMs = Math.max(0, askedAtMs + (answer instanceof Error ? retryReadAfterMs : rereadEveryMs) - performance.now());
    clearTimeout(this.#rereadTimer);
    this.#rereadTimer = setTimeout(() => void this.refresh(), nextInMs);
    if (answer instanceof Error) this.emit('read-failed', answer);
    else this.#learn(answer, askedAtMs);
  }

  /** One reading, bounded; it answers with the error when there is one. */
  async #ask(): Promise<ActivePause[] | Error> {
    const { read, readTimeoutMs } = this.#options;
    const limit = new AbortController();
    const gaveUp = Promise.withResolvers<Error>();
    limit.signal.addEventListener('abort', () => gaveUp.resolve(limit.signal.reason));
    const giveUp = (why: string): void => limit.abort(new ReplicaError('read_timed_out', why));
    const timer = setTimeout(giveUp, readTimeoutMs, `the active pauses were not read within ${readTimeoutMs} ms`);
    const stop = (): void => giveUp('the replica was stopped while it was reading');
    this.#stopped.signal.addEventListener('abort', stop);
    try {
      return await Promise.race([read(limit.signal), gaveUp.promise]);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      clearTimeout(timer);
      this.#stopped.signal.removeEventListener('abort', stop);
    }
  }

  #learn(pauses: ActivePause[], askedAtMs: number): void {
    const before = this.#lastRead;
    this.#index = new PauseIndex(pauses, performance.now());
    this.#lastRead = pauses;
    this.#trustedUntilMs = askedAtMs + this.#options.trustMs;
    clearTimeout(this.#trustTimer);
    this.#trustTimer = setTimeout(() => this.#move('trust-expired'), Math.max(0, this.#trustedUntilMs - performance.now()));
    this.#move('read');
    if (before === undefined || !samePauses(before, pauses)) this.emit('changed', { pauses });
  }

  #move(event: ReplicaEvent): void {
    const from = this.#state;
    const to = NEXT[from][event];
    this.#state = to;
    if (from !== to) this.emit('state', { from, to });
  }
}
