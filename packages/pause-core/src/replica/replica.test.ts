import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import type { ActivePause } from '../pause.ts';
import { elapsedMs } from './elapsed-clock.ts';
import { PauseReplica, type Ears, type ReplicaOptions } from './replica.ts';
import { NEXT, type ReplicaEvent, type ReplicaState } from './replica-state.ts';

const SKEPTIC: ActivePause = {
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
};
const DAY_MS = 86_400_000;

/** A source whose every reading the test answers by hand. */
class Source {
  readonly readings: PromiseWithResolvers<ActivePause[]>[] = [];
  readonly beganAtMs: number[] = [];
  readonly signals: AbortSignal[] = [];
  readonly calls: string[] = [];
  stoppedListening = 0;
  #ears: Ears | undefined;
  readonly #waiting = new Map<number, PromiseWithResolvers<void>>();

  get ears(): Ears {
    if (this.#ears === undefined) throw new Error('nobody listens yet');
    return this.#ears;
  }

  readonly read = (signal: AbortSignal): Promise<ActivePause[]> => {
    const reading = Promise.withResolvers<ActivePause[]>();
    this.readings.push(reading);
    this.beganAtMs.push(elapsedMs());
    this.signals.push(signal);
    this.calls.push('read');
    this.#waiting.get(this.readings.length)?.resolve();
    return reading.promise;
  };

  readonly listen = async (ears: Ears): Promise<() => Promise<void>> => {
    this.#ears = ears;
    this.calls.push('listen');
    return async () => {
      this.stoppedListening += 1;
    };
  };

  /** Waits for the `count`th reading to begin and gives it. */
  async reading(count: number): Promise<PromiseWithResolvers<ActivePause[]>> {
    const waiting = this.#waiting.get(count) ?? Promise.withResolvers<void>();
    this.#waiting.set(count, waiting);
    if (this.readings.length < count) await waiting.promise;
    const reading = this.readings[count - 1];
    if (reading === undefined) throw new Error(`reading ${count} is not there`);
    return reading;
  }
}

// Readings by the clock are a day off, so that only what the test does leads to one.
function replicaOf(source: Source, options: Partial<ReplicaOptions> = {}): PauseReplica {
  const replica = new PauseReplica({
    read: source.read,
    listen: source.listen,
    rereadEveryMs: DAY_MS,
    retryReadAfterMs: DAY_MS,
    ...options,
  });
  onTestFinished(() => replica.stop());
  return replica;
}

async function started(
  source: Source,
  pauses: ActivePause[],
  options: Partial<ReplicaOptions> = {},
): Promise<PauseReplica> {
  const replica = replicaOf(source, options);
  const starting = replica.start();
  (await source.reading(1)).resolve(pauses);
  await starting;
  return replica;
}

test('P6 it listens first and reads then', async () => {
  const source = new Source();
  await started(source, []);
  expect(source.calls).toEqual(['listen', 'read']);
});

test('isPaused names the pause and its reason, and nothing for other labels', async () => {
  const replica = await started(new Source(), [SKEPTIC]);
  expect(replica.isPaused({ agentId: 'skeptic', skill: 'debate' })).toEqual({
    paused: true,
    reason: 'runaway loop',
    pause: SKEPTIC,
  });
  expect(replica.isPaused({ agentId: 'scribe', skill: 'skeptic' })).toEqual({
    paused: false,
    reason: null,
    pause: null,
  });
});

test('P6 a bell that rings during a reading leads to one more reading, begun after it', async () => {
  const source = new Source();
  const replica = await started(source, []);
  source.ears.onBell();
  const second = await source.reading(2);
  source.ears.onBell();
  source.ears.onBell();
  const answered = replica.refresh();
  expect(source.readings).toHaveLength(2);
  second.resolve([]);
  (await source.reading(3)).resolve([SKEPTIC]);
  await answered;
  expect(replica.isPaused({ agentId: 'skeptic' }).paused).toBe(true);
  expect(source.readings).toHaveLength(3);
});

test('a storm of bells is answered by a few readings, never closer than 50 ms', async () => {
  const source = new Source();
  await started(source, []);
  for (let reading = 2; reading <= 5; reading++) {
    for (let bell = 0; bell < 10_000; bell++) source.ears.onBell();
    (await source.reading(reading)).resolve([]);
  }
  expect(source.readings.length).toBeLessThanOrEqual(6);
  const gapsMs = source.beganAtMs.slice(1).map((beganAtMs, nth) => beganAtMs - (source.beganAtMs[nth] ?? 0));
  expect(Math.min(...gapsMs)).toBeGreaterThan(45); // taken here a moment after the loop took its own time
});

test('P13 a reading that fails leaves the pauses that were known, and says so', async () => {
  const source = new Source();
  const replica = await started(source, [SKEPTIC]);
  const failed = once(replica, 'read-failed');
  source.ears.onBell();
  (await source.reading(2)).reject(new Error('connection refused'));
  expect(await failed).toMatchObject([{ message: 'connection refused' }]);
  expect(replica.isPaused({ agentId: 'skeptic' }).paused).toBe(true);
  expect(replica.pauses()).toEqual([SKEPTIC]);
});

test('P13 a reading that never answers is given up; its late answer is not believed, a later one is', async () => {
  const source = new Source();
  const replica = await started(source, [SKEPTIC], { readTimeoutMs: 20, retryReadAfterMs: 0 });
  const failed = once(replica, 'read-failed');
  source.ears.onBell();
  const hanging = await source.reading(2);
  expect(await failed).toMatchObject([{ code: 'read_timed_out' }]);
  expect(source.signals[1]?.aborted).toBe(true);
  hanging.resolve([]);
  await hanging.promise;
  expect(replica.isPaused({ agentId: 'skeptic' }).paused).toBe(true);
  // No bell rang: it tries again by itself after a failure.
  const changed = once(replica, 'changed');
  (await source.reading(3)).resolve([]);
  await changed;
  expect(replica.isPaused({ agentId: 'skeptic' }).paused).toBe(false);
});

test('P13 stale: once the last good reading is too old it says so, keeps its pauses, and recovers', async () => {
  const source = new Source();
  const replica = replicaOf(source, { trustMs: 30 });
  expect(replica).toMatchObject({ stale: true, known: false, state: 'starting' });
  const moves: string[] = [];
  const doubtful = new Promise<void>((resolve) =>
    replica.on('state', ({ from, to }) => {
      moves.push(`${from} to ${to}`);
      if (to === 'doubtful') resolve();
    }),
  );
  void replica.start();
  (await source.reading(1)).resolve([SKEPTIC]);
  await doubtful;
  expect(moves).toEqual(['starting to fresh', 'fresh to doubtful']);
  expect(replica).toMatchObject({ stale: true, known: true, state: 'doubtful' });
  expect(replica.isPaused({ agentId: 'skeptic' }).paused).toBe(true);
  const fresh = once(replica, 'state');
  source.ears.onBell();
  (await source.reading(2)).resolve([SKEPTIC]);
  expect(await fresh).toEqual([{ from: 'doubtful', to: 'fresh' }]);
});

test('P13 the trust in a reading counts from when it was asked for', async () => {
  const source = new Source();
  const replica = await started(source, [], { trustMs: 10_000 });
  const askedAtMs = source.beganAtMs[0] ?? 0;
  expect(replica.trustedUntilMs).toBeLessThanOrEqual(askedAtMs + 10_000);
  expect(replica.trustedUntilMs).toBeGreaterThan(askedAtMs + 9_000);
});

test('P13 a checkpoint that never knew anything goes on, or stops where that was asked for', async () => {
  const source = new Source();
  const replica = replicaOf(source);
  expect(replica.checkpoint({ agentId: 'skeptic' })).toEqual({ stop: false });
  expect(replica.checkpoint({ agentId: 'skeptic' }, { onUnknown: 'continue' })).toEqual({ stop: false });
  expect(replica.checkpoint({ agentId: 'skeptic' }, { onUnknown: 'stop' })).toMatchObject({
    stop: true,
    why: 'unknown',
    pause: null,
  });
  const starting = replica.start();
  (await source.reading(1)).reject(new Error('no database'));
  await starting;
  expect(replica.checkpoint({ agentId: 'skeptic' }, { onUnknown: 'stop' })).toMatchObject({
    stop: true,
    why: 'unknown',
  });
});

test('P4 a checkpoint stops for a covering pause, and only for it, once the pauses are known', async () => {
  const source = new Source();
  const replica = await started(source, [SKEPTIC]);
  expect(replica.checkpoint({ agentId: 'skeptic' })).toEqual({
    stop: true,
    why: 'paused',
    reason: 'runaway loop',
    pause: SKEPTIC,
  });
  expect(replica.checkpoint({ agentId: 'scribe' }, { onUnknown: 'stop' })).toEqual({ stop: false });
  source.ears.onLost(new Error('cut'));
  expect(replica.checkpoint({ agentId: 'skeptic' }, { onUnknown: 'continue' })).toMatchObject({
    stop: true,
    why: 'paused',
  });
});

test('changed is told when the pauses differ from the reading before, and only then', async () => {
  const source = new Source();
  const replica = replicaOf(source);
  const told: string[][] = [];
  replica.on('changed', ({ pauses }) => told.push(pauses.map((pause) => `${pause.id} ${pause.reason}`)));
  const starting = replica.start();
  const readings: ActivePause[][] = [
    [],
    [],
    [SKEPTIC],
    [{ ...SKEPTIC, remainingMs: null, pausedAt: new Date(0) }],
    [{ ...SKEPTIC, reason: 'told otherwise' }],
    [],
  ];
  for (const [nth, pauses] of readings.entries()) {
    const answered = nth === 0 ? starting : replica.refresh();
    (await source.reading(nth + 1)).resolve(pauses);
    await answered;
  }
  expect(told).toEqual([[], ['1 runaway loop'], ['1 told otherwise'], []]);
});

test('a listener that cannot begin is told of, and the pauses are read all the same', async () => {
  const source = new Source();
  const replica = replicaOf(source, { listen: () => Promise.reject(new Error('no such host')) });
  const lost = once(replica, 'disconnected');
  const starting = replica.start();
  expect(await lost).toMatchObject([{ code: 'connection_lost', cause: { message: 'no such host' } }]);
  (await source.reading(1)).resolve([SKEPTIC]);
  await starting;
  expect(replica.isPaused({ agentId: 'skeptic' }).paused).toBe(true);
});

test('a listener that is long in coming holds up no reading by the clock', async () => {
  const source = new Source();
  const begun = Promise.withResolvers<() => Promise<void>>();
  const replica = replicaOf(source, { listen: () => begun.promise, rereadEveryMs: 10 });
  const starting = replica.start();
  (await source.reading(1)).resolve([SKEPTIC]);
  (await source.reading(2)).resolve([SKEPTIC]);
  expect(replica.isPaused({ agentId: 'skeptic' }).paused).toBe(true);
  const stopping = replica.stop();
  begun.resolve(async () => {
    source.stoppedListening += 1;
  });
  await Promise.all([starting, stopping]);
  expect(source.stoppedListening).toBe(1);
});

test('stopped: it ends listening, lets a reading go that is under way, reads no more, and still answers', async () => {
  const source = new Source();
  const replica = await started(source, [SKEPTIC]);
  source.ears.onBell();
  const underWay = await source.reading(2);
  await replica.stop();
  expect(replica.state).toBe('stopped');
  expect(source.signals[1]?.aborted).toBe(true);
  expect(source.stoppedListening).toBe(1);
  underWay.resolve([]);
  source.ears.onBell();
  source.ears.onLost(new Error('cut'));
  await replica.refresh();
  expect(source.readings).toHaveLength(2);
  expect(replica.isPaused({ agentId: 'skeptic' }).paused).toBe(true);
});

test('stopped before it began: it neither listens nor reads', async () => {
  const source = new Source();
  const replica = replicaOf(source);
  await replica.stop();
  await replica.start();
  expect(source.calls).toEqual([]);
});

test.each<[ReplicaState, ReplicaEvent, ReplicaState]>([
  ['starting', 'read', 'fresh'],
  ['starting', 'disconnected', 'starting'],
  ['starting', 'trust-expired', 'starting'],
  ['starting', 'stop', 'stopped'],
  ['fresh', 'read', 'fresh'],
  ['fresh', 'disconnected', 'doubtful'],
  ['fresh', 'trust-expired', 'doubtful'],
  ['fresh', 'stop', 'stopped'],
  ['doubtful', 'read', 'fresh'],
  ['doubtful', 'disconnected', 'doubtful'],
  ['doubtful', 'trust-expired', 'doubtful'],
  ['doubtful', 'stop', 'stopped'],
  ['stopped', 'read', 'stopped'],
  ['stopped', 'disconnected', 'stopped'],
  ['stopped', 'trust-expired', 'stopped'],
  ['stopped', 'stop', 'stopped'],
])('%s, on %s: %s', (from, event, to) => expect(NEXT[from][event]).toBe(to));

test('P6 a pause that a bell names is held at once, and for good when a reading confirms it', async () => {
  const source = new Source();
  const replica = await started(source, []);
  const named = once(replica, 'named');
  source.ears.onNamed?.(SKEPTIC);
  source.ears.onBell();
  expect(replica.isPaused({ agentId: 'skeptic' })).toMatchObject({ paused: true, reason: 'runaway loop' });
  expect(replica.checkpoint({ agentId: 'skeptic' })).toMatchObject({ stop: true, why: 'paused' });
  expect(await named).toMatchObject([{ pause: { id: '1' } }]);
  const changed = once(replica, 'changed');
  (await source.reading(2)).resolve([SKEPTIC]);
  await changed;
  expect(replica.isPaused({ agentId: 'skeptic' }).paused).toBe(true);
  // What is known is told by readings alone.
  expect(replica.pauses()).toHaveLength(1);
});

test('P13 a bell that is forged or late delays work until the next reading, and starts none', async () => {
  const source = new Source();
  const replica = await started(source, [SKEPTIC]);
  source.ears.onNamed?.({ ...SKEPTIC, id: '9', scope: { kind: 'agent', value: 'librarian' } });
  source.ears.onNamed?.({ ...SKEPTIC, remainingMs: 0 }); // about a pause that was read
  source.ears.onBell();
  expect(replica.isPaused({ agentId: 'librarian' }).paused).toBe(true);
  expect(replica.isPaused({ agentId: 'skeptic' }).paused).toBe(true);
  expect(replica.pauses()).toMatchObject([{ id: '1' }]);
  const ended = once(replica, 'changed');
  (await source.reading(2)).resolve([SKEPTIC]);
  await ended; // also where the reading is as the one before it
  expect(replica.changes).toBe(1);
  expect(replica.isPaused({ agentId: 'librarian' }).paused).toBe(false);
  expect(replica.isPaused({ agentId: 'skeptic' }).paused).toBe(true);
});
