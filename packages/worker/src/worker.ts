import { once } from 'node:events';
import { backoffMs, type Backoff } from '@orchestra-brake/client';
import type { PauseReplica } from '@orchestra/pause-core/replica';
import type { ClaimedTask } from '@orchestra/task-queue/contract';
import { sleep, withTimeout } from '@orchestra/timing';
import { BegunReports } from './begun-reports.ts';
import { claimWhileWanted } from './claim-loop.ts';
import { Endings } from './endings.ts';
import { Listeners } from './listeners.ts';
import { ReachReports } from './reports/reach-reports.ts';
import { Roster } from './roster.ts';
import { runUnlessPaused, type Scheduled } from './scheduled.ts';
import { StoppedAtCheckpoint } from './stop-reasons.ts';
import { labelsOf, TaskRun, TOO_OLD, type Handler } from './task-run.ts';
import type { Tell, WorkerEvents } from './worker-events.ts';
import { readWorkerOptions, type WorkerOptions, type WorkerSettings } from './worker-options.ts';

export interface Worker {
  /**
   * Begins to claim. Resolves when the service has taken the first claim. A service that is away is waited for in the
   * background: then it resolves after the first failure, which takes ten seconds at the most. Called again it
   * answers the same.
   *
   * @throws CannotWork when there is no token, or the service refuses it (401, 403). Nothing goes on then.
   */
  start(): Promise<void>;
  /**
   * Claims nothing more, lets running handlers finish within `drainMs`, then aborts their signal and puts their tasks
   * back with their cursors. Resolves when all of that is done; takes at most `drainMs` + `abortGraceMs` + a few
   * seconds.
   */
  stop(options?: { drainMs?: number }): Promise<void>;
  on<K extends keyof WorkerEvents>(event: K, listener: (...told: WorkerEvents[K]) => void): Worker;
  /** Runs a job of a schedule, unless skill `name` is paused. */
  runScheduled<T>(name: string, job: () => Promise<T> | T): Promise<Scheduled<T>>;
}

// A claim that has tasks to give is answered within milliseconds; one that waits for tasks is cut off.
const CLAIM_GRACE_MS = 500;
const TELL_MS = 5_000;
const LOOK_AHEAD_EVERY_MS = 250;
// Claims ahead overlap, so that handlers do not wait for a commit.
const LINES_AHEAD = 3;
// Between claims whose tasks a stale replica sends straight back.
const STALE_BACKOFF: Backoff = { baseMs: 500, capMs: 10_000 };

/**
 * A worker: claims tasks, runs their handlers with checkpoints and heartbeats, and tells how they ended. It survives
 * its services: with one of them away it goes on trying.
 *
 * @throws TypeError for options that make no worker
 */
export function createWorker(options: WorkerOptions): Worker {
  return new ClaimingWorker(readWorkerOptions(options));
}

class ClaimingWorker implements Worker {
  readonly #settings: WorkerSettings;
  readonly #replica: PauseReplica;
  readonly #listeners = new Listeners<WorkerEvents>();
  readonly #roster: Roster<TaskRun>;
  readonly #endings: Endings;
  readonly #begunReports: BegunReports;
  readonly #stopping = new AbortController();
  readonly #hurry = new AbortController();
  readonly #reach: ReachReports;
  #started: Promise<void> | undefined;
  #saidStarted = false;
  #isRefused = false;
  #claiming: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #staleStops = 0;
  #lookingAhead: NodeJS.Timeout | undefined;

  constructor(settings: WorkerSettings) {
    this.#settings = settings;
    this.#roster = new Roster<TaskRun>(settings.concurrency);
    this.#begunReports = new BegunReports(settings.door);
    this.#endings = new Endings({
      finish: (ended, call) => settings.door.finish({ ended }, call),
      moreToCome: () => this.#roster.begunCount > 0,
      onAdded: () => this.#roster.ring(),
    });
    this.#reach = new ReachReports({
      words: settings.door.words,
      warn: settings.warn,
      onUnknown: settings.onUnknown,
      hasListener: (event) => this.#listeners.has(event),
      arePausesKnown: () => this.#replica.known,
    });
    this.#replica = settings.door.makeReplica({
      onRead: () => this.#reach.pausesRead(),
      onStopping: (taskIds) => this.#lookForStop(taskIds),
      rereadEveryMs: settings.rereadEveryMs,
    });
    this.#replica.on('changed', ({ pauses }) => this.#tell('pauses-changed', { pauses }));
    this.#replica.on('read-failed', (error) => {
      this.#reach.pausesFailed(error);
      this.#tell('pauses-unreadable', { error });
    });
    this.#replica.on('disconnected', (error) => this.#tell('bell-lost', { error }));
  }

  start(): Promise<void> {
    return (this.#started ??= this.#begin());
  }

  stop({ drainMs = this.#settings.drainMs }: { drainMs?: number } = {}): Promise<void> {
    return (this.#stopped ??= this.#drain(drainMs));
  }

  on<K extends keyof WorkerEvents>(event: K, listener: (...told: WorkerEvents[K]) => void): this {
    this.#listeners.add(event, listener);
    return this;
  }

  runScheduled<T>(name: string, job: () => Promise<T> | T): Promise<Scheduled<T>> {
    return runUnlessPaused(name, job, {
      door: this.#settings.door,
      replica: this.#replica,
      onUnknown: this.#settings.onUnknown,
    });
  }

  async #begin(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const known = this.#settings.door.refusal();
    if (known !== undefined) throw known;
    this.#reach.pausesAsked();
    void this.#replica.start();
    this.#claim();
    if (this.#settings.prefetch > 0) this.#keepLookingAhead();
    const refusal = await this.#reach.refusedAtFirst(this.#stopping.signal);
    if (refusal !== undefined) {
      this.#isRefused = true;
      await this.stop({ drainMs: 0 });
      throw refusal;
    }
    if (this.#stopping.signal.aborted) return;
    this.#sayStarted();
    const caution = this.#settings.door.caution();
    if (caution !== undefined) this.#settings.warn(caution);
  }

  #claim(): void {
    this.#claiming = claimWhileWanted({
      door: this.#settings.door,
      request: this.#settings.claim,
      roster: this.#roster,
      endings: this.#endings,
      concurrency: this.#settings.concurrency,
      prefetch: () => this.#prefetch(),
      lines: this.#settings.prefetch === 0 ? 1 : LINES_AHEAD,
      ready: (signal) => this.#ready(signal),
      take: (task, ahead) => this.#take(task, ahead),
      onAsked: () => this.#reach.claimAsked(),
      onAnswered: () => {
        this.#sayStarted();
        this.#reach.claimAnswered();
      },
      onFailed: (error) => this.#reach.claimFailed(error),
      tell: this.#tell,
      stopping: this.#stopping.signal,
      hurry: this.#hurry.signal,
    });
  }

  #keepLookingAhead(): void {
    this.#replica.on('changed', () => this.#lookAhead());
    // Once the pauses are known, and again, there is room to claim ahead.
    this.#replica.on('state', () => this.#roster.ring());
    this.#lookingAhead = setInterval(() => {
      this.#lookAhead();
      this.#roster.ring();
      void this.#begunReports.report();
    }, LOOK_AHEAD_EVERY_MS).unref();
  }

  /** Before anything that a claim brings. */
  #sayStarted(): void {
    if (this.#saidStarted) return;
    this.#saidStarted = true;
    this.#tell('started', { worker: this.#settings.claim.worker });
  }

  readonly #hears = (event: keyof WorkerEvents): boolean => this.#listeners.has(event);

  readonly #tell: Tell = (event, ...told) => this.#listeners.tell(event, ...told);

  async #ready(signal: AbortSignal): Promise<void> {
    if (this.#settings.onUnknown === 'stop' && !this.#replica.known)
      await once(this.#replica, 'changed', { signal }).catch(() => {}); // aborted
    if (!this.#replica.stale) this.#staleStops = 0;
    if (this.#staleStops > 0) await sleep(backoffMs(this.#staleStops, STALE_BACKOFF), signal); // aborted
  }

  /** While the pauses are not known, what is claimed ahead would go straight back. */
  #prefetch(): number {
    return this.#replica.stale ? 0 : this.#settings.prefetch;
  }

  #take(task: ClaimedTask, ahead: boolean): void {
    if (this.#hears('claimed')) this.#tell('claimed', { task });
    const run = new TaskRun(task, this.#settings.handlerFor(task.skill) ?? withoutHandler, {
      door: this.#settings.door,
      endings: this.#endings,
      replica: this.#replica,
      tell: this.#tell,
      hears: this.#hears,
      onUnknown: this.#settings.onUnknown,
      onHandled: () => {
        this.#roster.handled(run);
        this.#beginNext();
      },
    });
    this.#roster.add(run);
    if (ahead) this.#begunReports.claimedAhead(run);
    void run.ended.then(() => {
      // The gate has let it through and a replica that cannot be read sends it back: that would go round and round.
      if (run.stopped && this.#replica.stale) this.#staleStops += 1;
      this.#roster.ended(run);
      this.#begunReports.ended(run);
    });
    if (this.#stopping.signal.aborted) this.#putBack(run);
    else this.#beginNext(run);
  }

  #beginNext(justClaimed?: TaskRun): void {
    const next = this.#stopping.signal.aborted ? undefined : this.#roster.next();
    if (next === undefined) return;
    this.#begunReports.begun(next);
    next.begin({ waited: next !== justClaimed });
  }

  #putBack(run: TaskRun, stopped?: StoppedAtCheckpoint): void {
    this.#roster.leaveLine(run);
    run.putBack(stopped);
  }

  /**
   * What was claimed ahead goes back as soon as a pause covers it, or the pauses are not known any more: also while
   * there is nowhere to begin.
   */
  #lookAhead(): void {
    for (const run of this.#roster.ahead) {
      const seen = this.#replica.stale
        ? TOO_OLD
        : this.#replica.checkpoint(labelsOf(run.task), { probeOf: run.task.probe_of });
      if (seen.stop) this.#putBack(run, new StoppedAtCheckpoint(seen));
    }
  }

  /** The stream only says that there is something to look at: the answer to a heartbeat has the order. */
  #lookForStop(taskIds: readonly string[] | null): void {
    const ids = taskIds === null ? null : new Set(taskIds);
    for (const run of this.#roster.all) if (ids === null || ids.has(run.task.id)) run.lookForStop();
  }

  async #drain(drainMs: number): Promise<void> {
    this.#stopping.abort();
    this.#reach.close();
    if (!this.#isRefused) this.#tell('draining', { running: this.#roster.begun.map((run) => run.task), drainMs });
    this.#endings.hurry();
    // What goes back must not be claimed again by this worker's own call that waits for tasks.
    if (this.#roster.aheadCount > 0) {
      this.#hurry.abort();
      await this.#claiming;
      for (const run of this.#roster.ahead) this.#putBack(run);
    }
    const hurry = setTimeout(() => this.#hurry.abort(), CLAIM_GRACE_MS);
    await this.#claiming;
    clearTimeout(hurry);
    await this.#endedWithin(drainMs);
    for (const run of this.#roster.all) run.shutDown();
    await this.#endedWithin(this.#settings.abortGraceMs);
    for (const run of this.#roster.all) run.abandon();
    await this.#endedWithin(TELL_MS);
    for (const run of this.#roster.all) run.giveUp();
    await Promise.all(this.#roster.all.map((run) => run.ended));
    this.#endings.close();
    clearInterval(this.#lookingAhead);
    await this.#replica.stop();
    await this.#settings.door.close();
    this.#tell('stopped');
  }

  async #endedWithin(ms: number): Promise<void> {
    await withTimeout(Promise.all(this.#roster.all.map((run) => run.ended)), ms, () => undefined);
  }
}

const withoutHandler: Handler = async (task) => {
  throw new Error(
    `this worker has no handler for ${task.skill === null ? 'a task without a skill' : `skill ${task.skill}`}`,
  );
};
