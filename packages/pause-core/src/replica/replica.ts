import { EventEmitter } from 'node:events';
import type { ActivePause } from '../pause.ts';
import type { TaskLabels } from '../scope.ts';
import { elapsedMs } from './elapsed-clock.ts';
import { ReplicaError } from './errors.ts';
import { NamedPauses } from './named-pauses.ts';
import { PauseIndex, type Covered, type PauseCheck } from './pause-index.ts';
import { NEXT, type ReplicaEvent, type ReplicaState } from './replica-state.ts';
import { RereadLoop, type RereadTimings } from './reread-loop.ts';
import { samePauses } from './same-pauses.ts';

export type { ActivePause } from '../pause.ts';
export type { TaskLabels } from '../scope.ts';
export { elapsedMs } from './elapsed-clock.ts';

// Two readings may fail before what is known is called stale.
const TRUST_MS = 10_000;

/** What one reading brought, where that was not read from the source just now. */
export interface Reading {
  pauses: ActivePause[];
  /** How long before its answer it was read from the source. */
  ageMs: number;
}

/** What a listener tells the replica. Both may be called at any time and any number of times. */
export interface Ears {
  /** A bell rang, or listening has begun (again): what was known may have changed. */
  onBell: () => void;
  /** A bell named a pause: that is held until a reading tells. Ring as well. */
  onNamed?: (pause: ActivePause) => void;
  /** From here on bells may be missed, until `onBell` says that listening has begun again. */
  onLost: (error: Error) => void;
}

export interface ReplicaOptions extends RereadTimings {
  /**
   * The active pauses, read from the source itself, or with their age. The signal aborts when the answer is no longer
   * waited for. `asked`: somebody has heard of a change, or wants to be sure: what was read before will not do.
   */
  read: (signal: AbortSignal, why: { asked: boolean }) => Promise<ActivePause[] | Reading>;
  /**
   * Begins to listen for bells and goes on trying whatever happens. Resolves, with what stops it, once it listens, or
   * has failed to for the first time, or `stopped` has aborted.
   */
  listen: (ears: Ears, stopped: AbortSignal) => Promise<() => Promise<void>>;
  /** How long after it was asked for a reading is believed; later it is still answered by, and called stale. */
  trustMs?: number;
  /** Milliseconds, the time of a suspension included; for tests. */
  now?: () => number;
}

export interface ReplicaEvents {
  /**
   * A reading differs from the one before it, or from what bells have named; the first one always does. A pause that
   * expires is reported with the next reading.
   */
  changed: [{ pauses: readonly ActivePause[] }];
  state: [{ from: ReplicaState; to: ReplicaState }];
  /** A bell named a pause, which is held from now on; a reading will confirm it, or end that. */
  named: [{ pause: ActivePause }];
  'read-failed': [Error];
  /** Listening was interrupted; it goes on by itself. */
  disconnected: [Error];
}

/** Whether a run is the probe of a pause: that pause, by its id, does not hold it. */
export interface ProbeRun {
  probeOf?: string | null | undefined;
}

/** What a loop does at its checkpoint. */
export type Checkpoint =
  | { readonly stop: false }
  | { readonly stop: true; readonly why: 'paused'; readonly reason: string; readonly pause: ActivePause }
  | { readonly stop: true; readonly why: 'unknown'; readonly reason: string; readonly pause: null };

const NOT_PAUSED: PauseCheck = Object.freeze({ paused: false, reason: null, pause: null });
const GO_ON: Checkpoint = Object.freeze({ stop: false });
const UNKNOWN: Checkpoint = Object.freeze({
  stop: true,
  why: 'unknown',
  reason: 'the active pauses could not be read yet',
  pause: null,
});

/**
 * A process's own copy of the active pauses, for looks that must cost nothing: `isPaused` is synchronous and does no
 * I/O. The claim does not ask it; the gate reads the rows.
 *
 * It listens first and then reads. Every bell, every reconnect and a timer end in one more reading, so a lost bell
 * costs time only (P6). When the source cannot be read it keeps what it last knew, each pause to its own end (P13).
 * Nothing that happens to the source makes it throw.
 */
export class PauseReplica extends EventEmitter<ReplicaEvents> {
  readonly #listen: ReplicaOptions['listen'];
  readonly #trustMs: number;
  readonly #now: () => number;
  readonly #rereads: RereadLoop<ActivePause[] | Reading>;
  readonly #stopped = new AbortController();
  #state: ReplicaState = 'starting';
  #index = new PauseIndex([], 0);
  readonly #named = new NamedPauses();
  #lastRead: readonly ActivePause[] | undefined;
  #asOfMs = -Infinity;
  #changes = 0;
  #knowledge: object = {};
  #trustedUntilMs = -Infinity;
  #trustTimer: NodeJS.Timeout | undefined;
  #started: Promise<void> | undefined;
  #stopListening: (() => Promise<void>) | undefined;

  constructor({ listen, trustMs = TRUST_MS, now = elapsedMs, ...reading }: ReplicaOptions) {
    super();
    this.#listen = listen;
    this.#trustMs = trustMs;
    this.#now = now;
    this.#rereads = new RereadLoop({
      ...reading,
      now,
      onRead: (reading, askedAtMs) =>
        Array.isArray(reading)
          ? this.#learn(reading, askedAtMs)
          : this.#learn(reading.pauses, askedAtMs - reading.ageMs),
      onFailed: (error) => this.emit('read-failed', error),
    });
  }

  get state(): ReplicaState {
    return this.#state;
  }

  /** Whether any reading has ever succeeded. Without one, "not paused" is only the absence of knowledge. */
  get known(): boolean {
    return this.#lastRead !== undefined;
  }

  /** How often a reading differed from the one before it. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Another object whenever more may be paused than before. While it is the same, labels that nothing covered are
   * covered by nothing.
   */
  get knowledge(): object {
    return this.#knowledge;
  }

  /** Until when the last good reading is believed, by `elapsedMs()`; counted from when it was asked for. */
  get trustedUntilMs(): number {
    return this.#trustedUntilMs;
  }

  /**
   * How old what it knows is, counted from when the last good reading was asked for; Infinity while it knows nothing.
   */
  get ageMs(): number {
    return this.#now() - this.#asOfMs;
  }

  /** True: the source could not be read lately; the answers are what was last known. */
  get stale(): boolean {
    return this.#now() >= this.#trustedUntilMs;
  }

  /** Every pause that has not ended, with the time left as of now. */
  pauses(): ActivePause[] {
    return this.#index.active();
  }

  /**
   * Is work with these labels held back, by what is known? Which of several pauses is named is fixed: see
   * `comparePrecedence`.
   */
  isPaused(labels: TaskLabels, run?: ProbeRun): PauseCheck {
    return this.#find(labels, run?.probeOf) ?? NOT_PAUSED;
  }

  /**
   * The look that a long loop takes between two iterations (P4).
   *
   * @param options.onUnknown what to do while nothing has ever been read (P13); going on unless told otherwise
   */
  checkpoint(labels: TaskLabels, options: ProbeRun & { onUnknown?: 'continue' | 'stop' } = {}): Checkpoint {
    const covered = this.#find(labels, options.probeOf);
    if (covered !== undefined) return { stop: true, why: 'paused', reason: covered.reason, pause: covered.pause };
    return !this.known && options.onUnknown === 'stop' ? UNKNOWN : GO_ON;
  }

  /** What was read, and besides what bells have named since. */
  #find(labels: TaskLabels, probeOf: string | null | undefined): Covered | undefined {
    const covered = this.#index.find(labels, undefined, probeOf);
    return covered !== undefined || this.#named.index === undefined
      ? covered
      : this.#named.index.find(labels, undefined, probeOf);
  }

  /**
   * Listens, then reads. Resolves when the first reading has ended, well or not: with the source down it goes on
   * trying in the background.
   */
  start(): Promise<void> {
    return (this.#started ??= this.#begin());
  }

  /** Resolves when a reading that began after this call has ended, well or not. */
  refresh(): Promise<void> {
    return this.#rereads.refresh();
  }

  /** Ends listening and reading, for good. It goes on answering by what it last knew. */
  async stop(): Promise<void> {
    this.#move('stop');
    this.#stopped.abort();
    this.#rereads.stop();
    clearTimeout(this.#trustTimer);
    await this.#started;
    await this.#stopListening?.();
  }

  async #begin(): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    this.#rereads.start(); // listening may be long in coming; reading by the clock does not wait for it
    const ears: Ears = {
      onBell: () => void this.#rereads.refresh(),
      onNamed: (pause) => this.#hold(pause),
      onLost: (error) => this.#disconnected(error),
    };
    try {
      this.#stopListening = await this.#listen(ears, this.#stopped.signal);
    } catch (cause) {
      this.#disconnected(
        new ReplicaError(
          'connection_lost',
          'listening for bells did not begin; the pauses are read by the clock alone',
          { cause },
        ),
      );
    }
    await this.#rereads.refresh();
  }

  #disconnected(error: Error): void {
    if (this.#state === 'stopped') return;
    this.#move('disconnected');
    this.emit('disconnected', error);
  }

  #hold(pause: ActivePause): void {
    if (this.#stopped.signal.aborted || this.#lastRead?.some(({ id }) => id === pause.id)) return;
    this.#named.add(pause, this.#now());
    this.#knowledge = {};
    this.emit('named', { pause });
  }

  /** @param asOfMs nothing that was committed before this can be missing */
  #learn(pauses: ActivePause[], asOfMs: number): void {
    // From another instance, perhaps, whose copy is older than what is known already.
    if (asOfMs < this.#asOfMs) return;
    this.#asOfMs = asOfMs;
    const nowMs = this.#now();
    const before = this.#lastRead;
    this.#index = new PauseIndex(pauses, performance.now());
    this.#knowledge = {};
    // Only now: what is confirmed is held all the time.
    const endsAHold = this.#named.readAsOf(asOfMs).some((named) => !pauses.some(({ id }) => id === named.id));
    this.#lastRead = pauses;
    this.#trustedUntilMs = asOfMs + this.#trustMs;
    clearTimeout(this.#trustTimer);
    // A timer may fire up to a millisecond early by this clock.
    this.#trustTimer = setTimeout(
      () => this.#move('trust-expired'),
      Math.max(0, Math.ceil(this.#trustedUntilMs - nowMs) + 1),
    );
    if (this.#trustedUntilMs > nowMs) this.#move('read');
    const isSame = before !== undefined && samePauses(before, pauses);
    if (isSame && !endsAHold) return;
    if (!isSame) this.#changes += 1;
    this.emit('changed', { pauses });
  }

  #move(event: ReplicaEvent): void {
    const from = this.#state;
    const to = NEXT[from][event];
    this.#state = to;
    if (from !== to) this.emit('state', { from, to });
  }
}
