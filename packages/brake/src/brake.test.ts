// Prepared labels remember that nothing covered them. What they remember must not outlive what was known.
import { PauseReplica, type ActivePause, type Ears } from '@orchestra/pause-core/replica';
import { inOrder } from '@orchestra/pause-core/scope';
import { COVER_CASES } from '@orchestra/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { prepareLabels } from './brake-labels.ts';
import { makeBrake, type Brake } from './brake.ts';

const SKEPTIC = prepareLabels({ agent_id: 'skeptic', skill: 'debate' });

const pauseOn = (value: string): ActivePause => ({
  id: '7',
  scope: { kind: 'agent', value },
  reason: 'loop',
  source: 'person',
  pausedAt: new Date(),
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
});

interface Told {
  brake: Brake;
  replica: PauseReplica;
  pauses: ActivePause[];
  ears: Ears;
  later: (ms: number) => void;
}

async function told(): Promise<Told> {
  const pauses: ActivePause[] = [];
  const heard = Promise.withResolvers<Ears>();
  let aheadMs = 0;
  const replica = new PauseReplica({
    read: async () => [...pauses],
    listen: async (ears) => {
      heard.resolve(ears);
      return async () => {};
    },
    now: () => performance.now() + aheadMs,
  });
  const brake = makeBrake({
    replica,
    onUnknown: 'stop',
    strict: false,
    refusal: () => undefined,
    reporter: { refused: () => {}, changed: () => {}, close: async () => {} },
    client: { askGate: () => Promise.reject(new Error('a gate in memory asks nobody')) },
  });
  onTestFinished(() => brake.close());
  await replica.start();
  return {
    brake,
    replica,
    pauses,
    ears: await heard.promise,
    later: (ms) => {
      aheadMs += ms;
    },
  };
}

test('prepared labels meet the next pause, whether a reading or a notification brings it, and pass after it', async () => {
  const { brake, replica, pauses, ears } = await told();
  const passes = (): boolean => !brake.look(SKEPTIC).paused;
  expect([passes(), passes()]).toEqual([true, true]);
  pauses.push(pauseOn('skeptic'));
  await replica.refresh();
  expect([passes(), passes()]).toEqual([false, false]);
  await expect(brake.gate(SKEPTIC)).rejects.toMatchObject({
    code: 'paused',
    labels: { agent_id: 'skeptic', skill: 'debate' },
  });
  pauses.length = 0;
  await replica.refresh();
  expect([passes(), passes()]).toEqual([true, true]);
  ears.onNamed?.(pauseOn('skeptic'));
  expect(passes()).toBe(false);
});

test('prepared labels stop once what is known is too old, and each brake judges by what it knows itself', async () => {
  const [one, other] = [await told(), await told()];
  expect([one.brake.look(SKEPTIC).paused, other.brake.look(SKEPTIC).paused]).toEqual([false, false]);
  other.pauses.push(pauseOn('skeptic'));
  await other.replica.refresh();
  for (let turn = 0; turn < 2; turn++)
    expect([one.brake.look(SKEPTIC).paused, other.brake.look(SKEPTIC).paused]).toEqual([false, true]);
  one.later(3_600_000);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  expect(one.brake.look(SKEPTIC)).toMatchObject({ paused: true, pause_id: null });
});

test('P19 a gate stops what the table of cases says, whether a reading or a notification brings the pause', async () => {
  const { brake, replica, pauses, ears } = await told();
  for (const { scope, labels, covered } of COVER_CASES) {
    const step = Object.fromEntries(
      Object.entries(labels).filter((label): label is [string, string] => label[1] !== null),
    );
    if (Object.keys(step).length === 0) continue; // a gate is asked about a step, which has a label
    const pause = { ...pauseOn('nobody'), scope: inOrder(scope) };
    pauses.splice(0, pauses.length, pause);
    await replica.refresh();
    expect(brake.look(step).paused, `read: ${JSON.stringify({ scope, step })}`).toBe(covered);
    expect(brake.look(prepareLabels(step)).paused).toBe(covered);
    pauses.length = 0;
    await replica.refresh();
    expect(brake.look(step).paused).toBe(false);
    ears.onNamed?.(pause);
    expect(brake.look(step).paused, `named: ${JSON.stringify({ scope, step })}`).toBe(covered);
    await replica.refresh();
  }
});
