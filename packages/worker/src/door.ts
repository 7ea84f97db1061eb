import type { CallOptions, Client } from '@orchestra-brake/client';
import type { CheckAnswer } from '@orchestra/pause-core/contract';
import type { PauseReplica } from '@orchestra/pause-core/replica';
import type { ClaimAnswer, ClaimRequest } from '@orchestra/task-queue/contract';
import type { CannotWork } from './reports/cannot-work.ts';

/** What is asked for by a claim that says everything. */
export type AskedClaim = ClaimRequest & { wait_seconds: number };

/** What a worker is told by its copy of the pauses. */
export interface PausesHeard {
  /** The pauses were read. */
  onRead: () => void;
  /** Runs of these tasks may have to stop; null: any may, because orders before that were not heard. */
  onStopping: (taskIds: readonly string[] | null) => void;
  rereadEveryMs: number | undefined;
}

/** What a door asks for: tasks, or the pauses. */
export type DoorAsks = 'tasks' | 'pauses';

/** How a door speaks of what goes wrong. */
export interface DoorWords {
  /** The refusal that an error stands for; undefined: it is none, and trying again may help. */
  refusalOf(error: Error, asked: DoorAsks): CannotWork | undefined;
  /** One line: why nothing comes, and what to do about it. `error` undefined: there was no answer yet. */
  sayTrouble(error: Error | undefined, asked: DoorAsks): string;
}

/**
 * The way from a worker to its queue: all that its loop needs, and nothing of how it is done. The same calls mean the
 * same by each door, and fail with the same errors: an `ApiError` for what the queue refuses, a `CannotWork` for what
 * refuses this worker.
 */
export interface Door extends Pick<
  Client,
  'finish' | 'begun' | 'heartbeat' | 'needsInput' | 'hold' | 'retry' | 'stopped'
> {
  readonly words: DoorWords;
  /** Ends runs, then takes tasks; waits up to `wait_seconds` for one. */
  claim(request: AskedClaim, call: { signal: AbortSignal }): Promise<ClaimAnswer>;
  /** Is this skill paused, by the source itself? */
  check(labels: { skill: string }, call: CallOptions): Promise<CheckAnswer>;
  /** A copy of the active pauses, fed through this door. */
  makeReplica(heard: PausesHeard): PauseReplica;
  /** Why this door leads nowhere; undefined: nothing is known against it. Asked before anything else. */
  refusal(): CannotWork | undefined;
  /** What the owner of the worker should change although it works; undefined: nothing. */
  caution(): string | undefined;
  /** Nothing is asked any more. */
  close(): Promise<void>;
}
