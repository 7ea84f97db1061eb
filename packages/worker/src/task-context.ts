import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Checkpoint } from '@orchestra/pause-core/replica';
import type { CursorKeeper } from './cursor-keeper.ts';
import type { LateAbort } from './late-abort.ts';
import { StoppedAtCheckpoint } from './stop-reasons.ts';

export interface CheckpointOptions {
  /** What to do while the active pauses could never be read (P13). The worker's `onUnknown` unless given. */
  onUnknown?: 'continue' | 'stop' | undefined;
}

/** What a handler is given besides its task. */
export interface TaskContext {
  /** Where the last run left off: what it saved, and beside it the `index` of `iterate`. null: nowhere. */
  readonly cursor: unknown;
  /**
   * Aborted when this run must end: an operator has it stopped, it was taken away, or the worker stops. A pause never
   * aborts it. Its reason is a RunAborted.
   */
  readonly signal: AbortSignal;
  /**
   * Call it, and await it, where the work can be left: between two iterations, two requests, two files. Throws when the
   * task is paused; the task then goes back to its place with its cursor. Also lets heartbeats and bells through in a
   * loop that otherwise never waits.
   */
  readonly checkpoint: (options?: CheckpointOptions) => Promise<void>;
  /**
   * The items, with a checkpoint before each one. The cursor keeps how many are done, and the next run skips those: the
   * items must come in the same order each time. Once per task. An item in which something is thrown comes again, and
   * what it saved does not count. One that was left by `break` counts as soon as the handler goes on: with a
   * checkpoint, or a cursor that it saves.
   */
  readonly iterate: <T>(
    items: Iterable<T> | AsyncIterable<T>,
    options?: CheckpointOptions,
  ) => AsyncGenerator<T, void, undefined>;
  /**
   * Keeps a JSON value for the next run, should this one be put back. Inside `iterate` an object, and from the end of
   * the iteration on.
   */
  readonly saveCursor: (value: unknown) => void;
  /**
   * The end of what the work has printed so far, for `orchestra task show --follow`; in place of what was shown
   * before. At most 16,000 characters are.
   * `printed` says how many characters it has printed in all: then nothing is lost of work that prints the same again
   * and again.
   */
  readonly showOutput: (tail: string, printed?: number) => void;
  /** A line for the worker's log, by its `log` event. */
  readonly log: (message: string, details?: Record<string, unknown>) => void;
}

export interface ContextParts {
  formerCursor: unknown;
  cursor: CursorKeeper;
  /** The end that the run is told; its signal is made when the handler asks for it. */
  end: Pick<LateAbort, 'aborted' | 'signal' | 'throwIfAborted'>;
  look: (options: CheckpointOptions) => Checkpoint;
  log: (message: string, details: Record<string, unknown>) => void;
  showOutput?: ((tail: string, printed?: number) => void) | undefined;
  /** Told of the first stop; from then on every checkpoint stops. */
  onStop: (stopped: StoppedAtCheckpoint) => void;
}

// A loop without any waiting in it would starve heartbeats and bells; a call needs several turns of the event loop,
// each of which costs a few microseconds.
const BREATHE_EVERY_MS = 5;

/** A context over its parts, none of which does I/O. */
export function createTaskContext(parts: ContextParts): TaskContext {
  let stopped: StoppedAtCheckpoint | undefined;
  let breathedAtMs = performance.now();

  function look(options: CheckpointOptions): void {
    parts.end.throwIfAborted();
    if (stopped === undefined) {
      const seen = parts.look(options);
      if (!seen.stop) return;
      stopped = new StoppedAtCheckpoint(seen);
      parts.onStop(stopped);
    }
    throw stopped;
  }

  async function breatheAndLook(options: CheckpointOptions): Promise<void> {
    if (performance.now() - breathedAtMs < BREATHE_EVERY_MS) return;
    await nextTurn();
    breathedAtMs = performance.now();
    look(options);
  }

  // Throws right away, not only through its promise: a handler that forgot the `await` is stopped all the same.
  function checkpoint(options: CheckpointOptions = {}): Promise<void> {
    parts.cursor.goesOn();
    look(options);
    const looked = breatheAndLook(options);
    looked.catch(() => {}); // the next checkpoint throws it again
    return looked;
  }

  async function* iterate<T>(
    items: Iterable<T> | AsyncIterable<T>,
    options: CheckpointOptions = {},
  ): AsyncGenerator<T, void, undefined> {
    let toSkip = parts.cursor.beginLoop();
    for await (const item of items) {
      if (toSkip > 0) {
        toSkip -= 1;
        if (performance.now() - breathedAtMs >= BREATHE_EVERY_MS) await breatheAndLook(options);
        continue;
      }
      await checkpoint(options);
      parts.cursor.beginIteration();
      let resumed = false;
      try {
        yield item;
        resumed = true;
      } finally {
        // Left by a stop or an abort an item is not done. Left otherwise it is, once the handler goes on.
        parts.cursor.endIteration({ done: resumed || (stopped === undefined && !parts.end.aborted), left: !resumed });
      }
    }
  }

  return {
    cursor: parts.formerCursor ?? null,
    get signal() {
      return parts.end.signal;
    },
    checkpoint,
    iterate,
    saveCursor: (value) => parts.cursor.save(value),
    showOutput: (tail, printed) => parts.showOutput?.(tail, printed),
    log: (message, details = {}) => parts.log(message, details),
  };
}
