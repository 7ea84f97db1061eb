import type { Checkpoint } from '@orchestra/pause-core/replica';
import { scopeText } from '@orchestra/pause-core/scope';
import type { OutcomeEvidence } from '@orchestra/task-queue/contract';

type Stop = Extract<Checkpoint, { stop: true }>;

/**
 * What `checkpoint()` and `iterate()` throw to end a handler at a boundary. Not a failure: the worker puts the task
 * back with its cursor. A handler that catches everything should let it through; the task is put back in any case.
 */
export class StoppedAtCheckpoint extends Error {
  override readonly name = 'StoppedAtCheckpoint';
  readonly stop: Stop;

  constructor(stop: Stop) {
    super(stop.why === 'paused' ? `${scopeText(stop.pause.scope)} is paused: ${stop.reason}` : stop.reason);
    this.stop = stop;
  }
}

/** The reason of `ctx.signal`: this run must end, and what it brings is not wanted any more or goes back. */
export class RunAborted extends Error {
  override readonly name = 'RunAborted';
  /**
   * `run-lost`: the service refused the run, it belongs to someone else or has ended.
   * `lease-lapsed`: no heartbeat was answered for the length of the lease, so the run may be given to someone else.
   * `stopped`: an operator has the run stopped. It goes back with its cursor or is cancelled, as the operator said.
   * `shutdown`: the worker stops, and the time to finish in is over.
   */
  readonly why: 'run-lost' | 'lease-lapsed' | 'stopped' | 'shutdown';

  constructor(why: RunAborted['why'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.why = why;
  }
}

/**
 * Thrown by a handler that has more to say about its failure than a message. Any other error fails the task as well.
 */
export class TaskFailure extends Error {
  override readonly name = 'TaskFailure';
  /** Kept with the task. */
  readonly result: unknown;
  /** false: trying again would be in vain. */
  readonly retry: boolean;

  constructor(message: string, options: ErrorOptions & { result?: unknown; retry?: boolean } = {}) {
    const { result, retry, ...rest } = options;
    super(message, rest);
    this.result = result;
    this.retry = retry ?? true;
  }
}

/**
 * Thrown by a handler whose work was stopped by something else than itself. No attempt is used. After an
 * `environment`'s fault the task is held until someone has repaired it; after a `transient` disturbance it is tried
 * again, so many times in a row.
 */
export class Disturbance extends Error {
  override readonly name = 'Disturbance';
  readonly outcome: 'environment' | 'transient';
  /** What to repair; null: nothing, or nobody knows. */
  readonly fix: string | null;
  readonly evidence: OutcomeEvidence | undefined;

  constructor(
    outcome: Disturbance['outcome'],
    says: string,
    options: ErrorOptions & { fix?: string | null; evidence?: OutcomeEvidence } = {},
  ) {
    const { fix, evidence, ...rest } = options;
    super(says, rest);
    this.outcome = outcome;
    this.fix = fix ?? null;
    this.evidence = evidence;
  }
}
