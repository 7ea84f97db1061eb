import type { PauseReplica } from '@orchestra/pause-core/replica';
import type { ClaimedTask, FinishAnswer } from '@orchestra/task-queue/contract';
import { CursorKeeper } from './cursor-keeper.ts';
import type { Door } from './door.ts';
import type { Endings } from './endings.ts';
import { finishRun } from './finish-run.ts';
import { LateAbort } from './late-abort.ts';
import { Lease } from './lease.ts';
import { outcomeOf, type Ending, type Outcome } from './outcome.ts';
import { ShownOutput } from './shown-output.ts';
import { RunAborted, StoppedAtCheckpoint } from './stop-reasons.ts';
import { createTaskContext, type TaskContext } from './task-context.ts';
import type { Tell, WorkerEvents } from './worker-events.ts';

/** Does one task. What it resolves to is the task's result; what it throws fails the task. */
export type Handler = (task: ClaimedTask, context: TaskContext) => Promise<unknown>;

export interface TaskRunParts {
  door: Pick<Door, 'heartbeat' | 'needsInput' | 'hold' | 'retry' | 'stopped'>;
  endings: Pick<Endings, 'end'>;
  replica: PauseReplica;
  tell: Tell;
  /** Whether an event has a listener: what nobody hears need not be made. */
  hears: (event: keyof WorkerEvents) => boolean;
  onUnknown: 'continue' | 'stop';
  /** Its handler has ended, or it will not begin: there is room for another. The service may not know of it yet. */
  onHandled: (run: TaskRun) => void;
}

/**
 * One run of one task, from its claim until the service knows how it ended. Its lease is kept from the start; it begins
 * when it is told to.
 */
export class TaskRun {
  readonly task: ClaimedTask;
  /** Resolves when the service knows, or nobody is left to tell. Never rejects. */
  readonly ended: Promise<void>;
  readonly #parts: TaskRunParts;
  readonly #cursor: CursorKeeper;
  readonly #abort = new LateAbort();
  readonly #abandoned = Promise.withResolvers<Ending>();
  readonly #output = new ShownOutput();
  readonly #noMoreTime = new LateAbort();
  readonly #order = Promise.withResolvers<void>();
  readonly #claimedAtMs = performance.now();
  #lease: Lease | undefined;
  #startedAtMs = this.#claimedAtMs;
  #waited = false;
  #stopped: StoppedAtCheckpoint | undefined;

  constructor(task: ClaimedTask, handler: Handler, parts: TaskRunParts) {
    this.task = task;
    this.#parts = parts;
    this.#cursor = new CursorKeeper(task.cursor);
    this.ended = this.#run(handler);
  }

  /** Whether it goes back because of a pause, or because the pauses were unknown. */
  get stopped(): boolean {
    return this.#stopped !== undefined;
  }

  /** Lets it begin, after another look at the pauses. @param waited whether it was claimed ahead */
  begin({ waited }: { waited: boolean }): void {
    this.#waited = waited;
    this.#startedAtMs = performance.now();
    this.#order.resolve();
  }

  /** It has not begun and goes back to its place: for a pause, or because the worker stops. */
  putBack(stopped?: StoppedAtCheckpoint): void {
    if (stopped === undefined) this.shutDown();
    else this.#stopped ??= stopped;
    this.#order.resolve();
  }

  /** Asks the service at once whether the run is to stop. */
  lookForStop(): void {
    this.#lease?.beatWithin(0);
  }

  /** Tells the handler to end, through its signal. It goes back with its cursor, unless it ends well after all. */
  shutDown(): void {
    this.#abort.abort(new RunAborted('shutdown', 'the worker stops, and the time to finish in is over'));
  }

  /** Waits for the handler no longer: the task goes back now, and whatever the handler still brings is dropped. */
  abandon(): void {
    this.#abandoned.resolve({ threw: this.#abort.reason });
  }

  /** Ends what is still being told to the service. */
  giveUp(): void {
    this.#noMoreTime.abort();
  }

  async #run(handler: Handler): Promise<void> {
    const { tell } = this.#parts;
    const { task } = this;
    const lease = (this.#lease = new Lease({
      leaseMs: task.lease_seconds * 1_000,
      beat: (timeLimitMs) => this.#beat(timeLimitMs),
      onLost: (error) => this.#endEarly(new RunAborted('run-lost', error.detail, { cause: error })),
      onLapsed: (silentMs) =>
        this.#endEarly(
          new RunAborted(
            'lease-lapsed',
            `no heartbeat was answered for ${Math.round(silentMs / 1_000)} s, so the run may be given to another worker`,
          ),
        ),
      onFailed: (error) => tell('heartbeat-failed', { task, error }),
    }));
    try {
      await this.#order.promise;
      const begun = await this.#mayBegin();
      const ending: Ending = begun
        ? await Promise.race([this.#handle(handler), this.#abandoned.promise])
        : { threw: this.#stopped ?? this.#abort.reason };
      this.#parts.onHandled(this);
      await this.#finish(ending, { begun });
    } finally {
      lease.end();
    }
  }

  #endEarly(why: RunAborted): void {
    this.#abort.abort(why);
    this.#order.resolve(); // where it has not begun, it never will
  }

  /**
   * The second look (P2): a pause that came between the claim and now puts the task back unbegun. A claim is younger
   * than a replica that has not heard of an unpause yet, so what the replica says counts only once it has been read
   * again.
   *
   * One that waited since its claim begins only where the pauses are known to be those of the last seconds, and its
   * lease has been kept.
   */
  async #mayBegin(): Promise<boolean> {
    const { replica } = this.#parts;
    if (this.#abort.aborted || this.#stopped !== undefined) return false;
    if (this.#waited && this.#lease?.lapsed) {
      this.#endEarly(new RunAborted('lease-lapsed', 'its lease ended while it waited to begin'));
      return false;
    }
    if (this.#waited && replica.stale) await replica.refresh();
    if (this.#waited && replica.stale) {
      this.#stopped = new StoppedAtCheckpoint(TOO_OLD);
      return false;
    }
    const probeOf = this.task.probe_of;
    if (!replica.isPaused(labelsOf(this.task), { probeOf }).paused) return true;
    await replica.refresh();
    const seen = replica.checkpoint(labelsOf(this.task), { probeOf });
    if (seen.stop) this.#stopped = new StoppedAtCheckpoint(seen);
    return !seen.stop;
  }

  async #handle(handler: Handler): Promise<Ending> {
    const { replica, tell, onUnknown } = this.#parts;
    const context = createTaskContext({
      formerCursor: this.task.cursor,
      cursor: this.#cursor,
      end: this.#abort,
      look: (options) =>
        replica.checkpoint(labelsOf(this.task), {
          probeOf: this.task.probe_of,
          onUnknown: options.onUnknown ?? onUnknown,
        }),
      log: (message, details) => tell('log', { task: this.task, message, details }),
      showOutput: (tail, printed) => {
        this.#output.show(tail, printed);
        this.#lease?.beatWithin(SHOWN_WITHIN_MS);
      },
      onStop: (stopped) => {
        this.#stopped = stopped;
      },
    });
    try {
      return { returned: await handler(this.task, context) };
    } catch (threw) {
      return { threw };
    }
  }

  async #finish(ending: Ending, { begun }: { begun: boolean }): Promise<void> {
    const { door, endings, tell } = this.#parts;
    const { task } = this;
    const outcome = outcomeOf(ending, this.#stopped, this.#abort.reason);
    if (outcome.kind === 'drop') {
      tell('run-lost', { task, why: outcome.why });
      return;
    }
    await this.#showRest();
    const cursor = this.#cursor.whereLeft;
    const finished = await finishRun(outcome, {
      door,
      endings,
      task,
      cursor,
      noMoreTime: this.#noMoreTime,
      onFailed: (error, retryInMs) => tell('finish-failed', { task, error, retryInMs }),
    });
    if (finished.kind === 'lost') tell('run-lost', { task, why: finished.why });
    if (finished.kind === 'told') this.#tellEnd(finished.told, cursor, begun, finished.answer);
  }

  async #beat(timeLimitMs: number, signal?: AbortSignal): Promise<{ lease_seconds: number }> {
    const { id, run_id } = this.task;
    const answer = await this.#output.send((shown) =>
      this.#parts.door.heartbeat(id, run_id, { triesMax: 1, timeLimitMs, signal, ...shown }),
    );
    if (answer.stop !== undefined)
      this.#endEarly(new RunAborted('stopped', `${answer.stop.by} has it stopped: ${answer.stop.reason}`));
    return answer;
  }

  /**
   * What the run printed last, before its end is told: a reader who follows it stops there. Shown only, so one try is
   * enough.
   */
  async #showRest(): Promise<void> {
    if (!this.#output.isBehind || this.#noMoreTime.aborted) return;
    try {
      await this.#beat(SHOW_REST_MS, this.#noMoreTime.signal);
    } catch (error) {
      this.#parts.tell('heartbeat-failed', {
        task: this.task,
        error: error instanceof Error ? error : new Error(String(error)),
      });
    }
  }

  #tellEnd(told: Exclude<Outcome, { kind: 'drop' }>, cursor: unknown, begun: boolean, answer: FinishAnswer): void {
    const { tell } = this.#parts;
    const { task } = this;
    const durationMs = Math.round(performance.now() - this.#startedAtMs);
    switch (told.kind) {
      case 'complete':
        if (this.#parts.hears('finished')) tell('finished', { task, result: told.result, durationMs });
        break;
      case 'ask':
        tell('asked', { task, questions: told.questions, status: answer.status, durationMs });
        break;
      case 'disturbed':
        tell('disturbed', {
          task,
          by: told.by,
          status: answer.status,
          nextEligibleAt: answer.next_eligible_at,
          durationMs,
        });
        break;
      case 'fail':
        tell('failed', {
          task,
          error: told.error,
          thrown: told.thrown,
          status: answer.status,
          nextEligibleAt: answer.next_eligible_at,
          durationMs,
        });
        break;
      case 'stop':
        tell('run-stopped', { task, reason: told.why.message, status: answer.status, cursor, durationMs });
        break;
      case 'release':
        if (told.cause === 'pause')
          tell('stopped-at-checkpoint', {
            task,
            begun,
            reason: told.stopped.message,
            pause: told.stopped.stop.pause,
            cursor,
          });
        tell('released', { task, cause: told.cause, cursor });
        break;
    }
  }
}

// What a run prints is seen by someone who watches it within this, at the cost of a heartbeat.
const SHOWN_WITHIN_MS = 2_000;
const SHOW_REST_MS = 1_000;

/** Why a task that was claimed ahead goes back when the pauses could not be read lately. */
export const TOO_OLD = {
  stop: true,
  why: 'unknown',
  reason: 'the active pauses could not be read lately, so what was claimed ahead does not begin',
  pause: null,
} as const;

/** The labels of a task in the words of the replica. */
export function labelsOf(task: ClaimedTask) {
  return { agentId: task.agent_id, skill: task.skill, questId: task.quest_id, actorId: task.actor_id };
}
