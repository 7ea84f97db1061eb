import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs, type Backoff } from '@orchestra/client';
import type { PauseReplica } from '@orchestra/pause-core/replica';
import type { ClaimedTask } from '@orchestra/task-queue/contract';
import { claimWhileWanted } from './claim-loop.ts';
import { Listeners } from './listeners.ts';
import { createRestReplica } from './pause-watch.ts';
import { runUnlessPaused, type Scheduled } from './scheduled.ts';
import { Slots } from './slots.ts';
import { TaskRun, type Handler } from './task-run.ts';
import { TIMER_MAX_MS } from './timer-max.ts';
import type { Tell, WorkerEvents } from './worker-events.ts';
import { readWorkerOptions, type WorkerOptions, type WorkerSettings } from './worker-options.ts';

export interface Worker {
  /** Begins to claim. Resolves at once: services that are away are waited for in the background. */
  start(): Promise<void>;
  /**
   * Claims nothing more, lets running handlers finish within `drainMs`, then aborts their signal and puts their tasks back
   * with their cursors. Resolves when all of that is done; takes at most `drainMs` + `abortGraceMs` + a few seconds.
   */
  stop(options?: { drainMs?: number }): Promise<void>;
  on<K extends keyof WorkerEvents>(event: K, listener: (...told: WorkerEvents[K]) => void): Worker;
  /** Runs a job of a schedule, unless skill `name` is paused. */
  runScheduled<T>(name: string, job: () => Promise<T> | T): Promise<Scheduled<T>>;
}

// A claim that has tasks to give is answered within milliseconds; one that waits for tasks is cut off.
const CLAIM_GRACE_MS = 500;
const TELL_MS = 5_000;
// Between claims whose tasks a stale replica sends straight back.
const STALE_BACKOFF: Backoff = { baseMs: 500, capMs: 10_000 };

/**
 * A worker: claims tasks, runs their handlers with checkpoints and heartbeats, and tells how they ended. It survives its services:
 * with one of them away it goes on trying.
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
  readonly #slots: Slots<TaskRun>;
  readonly #stopping = new AbortController();
  readonly #hurry = new AbortController();
  #claiming: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #staleStops = 0;

  constructor(settings: WorkerSettings) {
    this.#settings = settings;
    this.#slots = new Slots(settings.concurrency);
    this.#replica = createRestReplica(settings.client, settings.rereadEveryMs === undefined ? {} : { rereadEveryMs: settings.rereadEveryMs });
    this.#replica.on('changed', ({ pauses }) => this.#tell('pauses-changed', { pauses }));
    this.#replica.on('read-failed', (error) => this.#tell('pauses-unreadable', { error }));
    this.#replica.on('disconnected', (error) => this.#tell('bell-lost', { error }));
  }

  async start(): Promise<void> {
    if (this.#claiming !== undefined || this.#stopping.signal.aborted) return;
    void this.#replica.start();
    this.#claiming = claimWhileWanted({
      client: this.#settings.client,
      request: this.#settings.claim,
      slots: this.#slots,
      ready: (signal) => this.#ready(signal),
      begin: (task) => this.#begin(task),
      tell: this.#tell,
      stopping: this.#stopping.signal,
      hurry: this.#hurry.signal,
    });
    this.#tell('started', { worker: this.#settings.claim.worker });
  }

  stop({ drainMs = this.#settings.drainMs }: { drainMs?: number } = {}): Promise<void> {
    return this.#stopped ??= this.#drain(drainMs);
  }

  on<K extends keyof WorkerEvents>(event: K, listener: (...told: WorkerEvents[K]) => void): this {
    this.#listeners.add(event, listener);
    return this;
  }

  runScheduled<T>(name: string, job: () => Promise<T> | T): Promise<Scheduled<T>> {
    return runUnlessPaused(name, job, { client: this.#settings.client, replica: this.#replica, onUnknown: this.#settings.onUnknown });
  }

  readonly #tell: Tell = (event, ...told) => this.#listeners.tell(event, ...told);

  async #ready(signal: AbortSignal): Promise<void> {
    if (this.#settings.onUnknown === 'stop' && !this.#replica.known) await once(this.#replica, 'changed', { signal }).catch(() => {}); // aborted
    if (!this.#replica.stale) this.#staleStops = 0;
    if (this.#staleStops > 0) await delay(backoffMs(this.#staleStops, STALE_BACKOFF), undefined, { signal }).catch(() => {}); // aborted
  }

  #begin(task: ClaimedTask): void {
    this.#tell('claimed', { task });
    const stopping = this.#stopping.signal.aborted;
    const run = new TaskRun(task, stopping ? untilAborted : this.#settings.handlerFor(task.skill) ?? withoutHandler, {
      client: this.#settings.client, replica: this.#replica, tell: this.#tell, onUnknown: this.#settings.onUnknown,
    });
    this.#slots.take(run);
    if (stopping) run.shutDown();
    void run.ended.then(() => {
      // The gate has let it through and a replica that cannot be read sends it back: that would go round and round.
      if (run.stopped && this.#replica.stale) this.#staleStops += 1;
      this.#slots.giveBack(run);
    });
  }

  async #drain(drainMs: number): Promise<void> {
    this.#stopping.abort();
    this.#tell('draining', { running: this.#slots.taken.map((run) => run.task), drainMs });
    const hurry = setTimeout(() => this.#hurry.abort(), CLAIM_GRACE_MS);
    await this.#claiming;
    clearTimeout(hurry);
    await this.#endedWithin(drainMs);
    for (const run of this.#slots.taken) run.shutDown();
    await this.#endedWithin(this.#settings.abortGraceMs);
    for (const run of this.#slots.taken) run.abandon();
    await this.#endedWithin(TELL_MS);
    for (const run of this.#slots.taken) run.giveUp();
    await Promise.all(this.#slots.taken.map((run) => run.ended));
    await this.#replica.stop();
    this.#tell('stopped');
  }

  async #endedWithin(ms: number): Promise<void> {
    const late = new AbortController();
    const ended = Promise.all(this.#slots.taken.map((run) => run.ended));
    await Promise.race([ended, delay(Math.min(ms, TIMER_MAX_MS), undefined, { signal: late.signal }).catch(() => {})]); // aborted: all have ended
    late.abort();
  }
}

/** In place of the handler of a task that came when the worker was already stopping. */
const untilAborted: Handler = (_task, { signal }) => new Promise((_resolve, reject) => {
  signal.addEventListener('abort', () => reject(signal.reason as Error));
});

const withoutHandler: Handler = async (task) => {
  throw new Error(`this worker has no handler for ${task.skill === null ? 'a task without a skill' : `skill ${task.skill}`}`);
};
