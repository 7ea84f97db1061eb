import type { Checkpoint } from '@orchestra/pause-core/replica';
import { describe, expect, test } from 'vitest';
import { CursorKeeper } from './cursor-keeper.ts';
import { LateAbort } from './late-abort.ts';
import { Disturbance, RunAborted, StoppedAtCheckpoint } from './stop-reasons.ts';
import { createTaskContext, type CheckpointOptions } from './task-context.ts';

const PAUSED: Checkpoint = {
  stop: true,
  why: 'paused',
  reason: 'runaway loop',
  pause: {
    id: '1',
    scope: { kind: 'agent', value: 'skeptic' },
    reason: 'runaway loop',
    source: 'person',
    pausedAt: new Date(0),
    pausedBy: 'dana',
    ttlSeconds: null,
    clearedAt: null,
    clearedBy: null,
    quietAt: null,
    endsAs: 'resume',
    stayedAt: null,
    probingAt: null,
    probeTaskId: null,
    warnedAt: null,
    remainingMs: null,
  },
};

function contextWith({ former }: { former?: unknown } = {}) {
  const brake: { seen: Checkpoint; asked: CheckpointOptions[]; stops: StoppedAtCheckpoint[] } = {
    seen: { stop: false },
    asked: [],
    stops: [],
  };
  const cursor = new CursorKeeper(former);
  const abort = new LateAbort();
  const context = createTaskContext({
    formerCursor: former,
    cursor,
    end: abort,
    look: (options) => {
      brake.asked.push(options);
      return brake.seen;
    },
    log: () => {},
    onStop: (stopped) => {
      brake.stops.push(stopped);
    },
  });
  return { context, cursor, brake, abort };
}

describe('a checkpoint', () => {
  test('lets an unpaused task go on', async () => {
    await expect(contextWith().context.checkpoint()).resolves.toBeUndefined();
  });

  test('stops a paused one, telling which pause', async () => {
    const { context, brake } = contextWith();
    brake.seen = PAUSED;
    await expect(async () => context.checkpoint()).rejects.toThrow('agent skeptic is paused: runaway loop');
    expect(brake.stops).toHaveLength(1);
  });

  test('stops a handler that forgot to await it', () => {
    const { context, brake } = contextWith();
    brake.seen = PAUSED;
    expect(() => {
      void context.checkpoint();
    }).toThrow(StoppedAtCheckpoint);
  });

  test('once stopped stays stopped: a handler that catches it cannot go on', () => {
    const { context, brake } = contextWith();
    brake.seen = PAUSED;
    expect(() => void context.checkpoint()).toThrow(StoppedAtCheckpoint);
    brake.seen = { stop: false };
    expect(() => void context.checkpoint()).toThrow(StoppedAtCheckpoint);
    expect(brake.stops).toHaveLength(1);
  });

  test('lets the event loop turn in a loop that never waits', async () => {
    const { context, brake } = contextWith();
    setTimeout(() => {
      brake.seen = PAUSED;
    }, 0); // as a bell would
    const spin = async () => {
      for (;;) await context.checkpoint();
    };
    await expect(spin()).rejects.toThrow(StoppedAtCheckpoint);
  });

  test('ends an aborted run with the reason', () => {
    const { context, abort } = contextWith();
    abort.abort(new RunAborted('shutdown', 'the worker stops'));
    expect(() => void context.checkpoint()).toThrow('the worker stops');
  });

  test('P13 asks as its caller wants while the pauses are unknown', async () => {
    // Where a machine stands still for some milliseconds, a look is followed by another one.
    const [checked, iterated] = [contextWith(), contextWith()];
    await checked.context.checkpoint({ onUnknown: 'stop' });
    for await (const _ of iterated.context.iterate([1], { onUnknown: 'stop' })) break;
    for (const { brake } of [checked, iterated]) {
      expect(brake.asked).not.toEqual([]);
      for (const options of brake.asked) expect(options).toEqual({ onUnknown: 'stop' });
    }
  });
});

describe('iterate', () => {
  test('P4 stops between iterations, never inside one, and remembers how many are done', async () => {
    const { context, cursor, brake } = contextWith();
    const done: string[] = [];
    const loop = async () => {
      for await (const item of context.iterate(['a', 'b', 'c', 'd'])) {
        if (item === 'b') brake.seen = PAUSED;
        done.push(item);
      }
    };
    await expect(loop()).rejects.toThrow(StoppedAtCheckpoint);
    expect(done).toEqual(['a', 'b']);
    expect(cursor.current).toEqual({ index: 2 });
  });

  test('skips what the former run did, also in a stream', async () => {
    const { context } = contextWith({ former: { index: 2 } });
    async function* stream() {
      yield* ['a', 'b', 'c', 'd'];
    }
    const done: string[] = [];
    for await (const item of context.iterate(stream())) done.push(item);
    expect(done).toEqual(['c', 'd']);
  });

  test('a pause that comes in the last iteration stops nothing: the work is done', async () => {
    const { context, brake } = contextWith();
    for await (const item of context.iterate(['a', 'b'])) if (item === 'b') brake.seen = PAUSED;
    expect(brake.stops).toEqual([]);
  });

  test('an iteration that was aborted, or stopped inside, is not done; one that was left by break is', async () => {
    const aborted = contextWith();
    await expect(
      (async () => {
        for await (const item of aborted.context.iterate(['a', 'b'])) {
          if (item === 'b') {
            aborted.abort.abort(new Error('now'));
            aborted.context.signal.throwIfAborted();
          }
        }
      })(),
    ).rejects.toThrow('now');
    expect(aborted.cursor.current).toEqual({ index: 1 });

    const stopped = contextWith();
    await expect(
      (async () => {
        for await (const _ of stopped.context.iterate(['a', 'b'])) {
          stopped.brake.seen = PAUSED;
          await stopped.context.checkpoint();
        }
      })(),
    ).rejects.toThrow(StoppedAtCheckpoint);
    expect(stopped.cursor.current).toEqual({ index: 0 });

    const left = contextWith();
    for await (const _ of left.context.iterate(['a', 'b'])) break;
    expect(left.cursor.current).toEqual({ index: 1 });
  });

  test('an item in which anything is thrown comes again, with nothing of what it saved; one left by break counts once the handler goes on', async () => {
    const threw = contextWith();
    await expect(
      (async () => {
        for await (const item of threw.context.iterate(['a', 'b', 'c'])) {
          threw.context.saveCursor({ at: item });
          if (item === 'b') throw new Disturbance('transient', 'the network is away');
        }
      })(),
    ).rejects.toThrow('the network is away');
    expect(threw.cursor.whereLeft).toEqual({ index: 1, at: 'a' });

    const left = contextWith();
    for await (const item of left.context.iterate(['a', 'b', 'c'])) {
      left.context.saveCursor({ at: item });
      if (item === 'b') break;
    }
    expect(left.cursor.whereLeft).toEqual({ index: 1, at: 'a' });
    await left.context.checkpoint();
    expect(left.cursor.whereLeft).toEqual({ index: 2, at: 'b' });
  });

  test('P4 sees a stop while it skips what was done, and lets the event loop turn', async () => {
    const { context, abort } = contextWith({ former: { index: 1_000_000_000 } });
    setTimeout(() => abort.abort(new Error('now')), 0);
    function* items() {
      for (;;) yield 1;
    }
    await expect(
      (async () => {
        for await (const _ of context.iterate(items()));
      })(),
    ).rejects.toThrow('now');
  });

  test('ends the items it was given, however it is left', async () => {
    const { context, brake } = contextWith();
    let ended = false;
    function* items() {
      try {
        yield 1;
        yield 2;
      } finally {
        ended = true;
      }
    }
    await expect(
      (async () => {
        for await (const _ of context.iterate(items())) brake.seen = PAUSED;
      })(),
    ).rejects.toThrow(StoppedAtCheckpoint);
    expect(ended).toBe(true);
  });
});
