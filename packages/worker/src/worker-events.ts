import type { ActivePause } from '@orchestra/pause-core/replica';
import type { ReleaseCause, ClaimedTask, TaskStatus } from '@orchestra/task-queue/contract';
import type { Disturbance } from './stop-reasons.ts';

interface OfRun {
  task: ClaimedTask;
}

/** What a worker tells of itself, for logs and metrics. Nothing depends on anyone listening. */
export interface WorkerEvents {
  started: [{ worker: string }];
  claimed: [OfRun];
  /** Nothing could be claimed; it goes on trying. */
  'claim-failed': [{ error: Error; failures: number; retryInMs: number }];
  /** The task is done. */
  finished: [OfRun & { result: unknown; durationMs: number }];
  /** The task waits for an answer to these questions, parked where `status` is queued. */
  asked: [OfRun & { questions: string; status: TaskStatus; durationMs: number }];
  /**
   * Its environment or a passing disturbance stopped the run; `status` says whether the task is held, or tried again.
   */
  disturbed: [OfRun & { by: Disturbance; status: TaskStatus; nextEligibleAt: string | null; durationMs: number }];
  /** The handler failed; `status` says whether the task runs again. */
  failed: [
    OfRun & { error: string; thrown: unknown; status: TaskStatus; nextEligibleAt: string | null; durationMs: number },
  ];
  /**
   * A handler ended at a checkpoint, or did not begin because a pause came after the claim. `pause` is null when the
   * pauses were unknown.
   */
  'stopped-at-checkpoint': [OfRun & { begun: boolean; reason: string; pause: ActivePause | null; cursor: unknown }];
  /** An operator had the run stopped, and it has ended; `status` says whether the task waits again or is cancelled. */
  'run-stopped': [OfRun & { reason: string; status: TaskStatus; cursor: unknown; durationMs: number }];
  /** The task is back in its place. */
  released: [OfRun & { cause: ReleaseCause; cursor: unknown }];
  /** The run belongs to someone else, or to nobody; what it brought is dropped. */
  'run-lost': [OfRun & { why: string }];
  'heartbeat-failed': [OfRun & { error: Error }];
  /**
   * The end of a run could not be told yet; it goes on trying unless `retryInMs` is null. Then the lease ends the run.
   */
  'finish-failed': [OfRun & { error: Error; retryInMs: number | null }];
  'pauses-changed': [{ pauses: readonly ActivePause[] }];
  /** The pauses could not be read; those last known stand. */
  'pauses-unreadable': [{ error: Error }];
  /** The stream of bells broke off; the pauses are read by the clock until it is back. */
  'bell-lost': [{ error: Error }];
  /** By `ctx.log`. */
  log: [OfRun & { message: string; details: Record<string, unknown> }];
  /** No new claims; these runs have the time to finish. */
  draining: [{ running: readonly ClaimedTask[]; drainMs: number }];
  stopped: [];
}

export type Tell = <K extends keyof WorkerEvents>(event: K, ...told: WorkerEvents[K]) => void;
