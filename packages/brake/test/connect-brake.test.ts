import { until } from '@orchestra/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { connectBrake, PausedError, type Brake, type BrakeOptions } from '../src/index.ts';
import { braked } from './braked.ts';

const stack = braked();

async function connected(options: BrakeOptions = {}): Promise<Brake> {
  const brake = await connectBrake({ url: stack.url, token: stack.token, ...options });
  onTestFinished(() => brake.close());
  return brake;
}

const known = (brake: Brake, agent: string): Promise<unknown> =>
  until('the brake knows of it', () => brake.look({ agent_id: agent }).paused);

test('a look finds a pause that was made before, one that is made meanwhile, and its end', async () => {
  const before = await stack.operator.pause({ scope_kind: 'skill', scope_value: 'debate', reason: 'botched prompt' });
  const brake = await connected();
  expect(brake.look({ agent_id: 'skeptic', skill: 'debate' })).toEqual({
    paused: true,
    reason: 'botched prompt',
    pause_id: before.id,
  });
  expect(brake.look({ agent_id: 'skeptic' })).toEqual({ paused: false, reason: null, pause_id: null });
  const meanwhile = await stack.operator.pause({ scope_kind: 'agent', scope_value: 'skeptic', reason: 'runaway loop' });
  await known(brake, 'skeptic');
  expect(brake.look({ agent_id: 'skeptic' })).toEqual({ paused: true, reason: 'runaway loop', pause_id: meanwhile.id });
  await stack.operator.unpause({ scope_kind: 'agent', scope_value: 'skeptic' });
  await until('the brake knows of its end', () => !brake.look({ agent_id: 'skeptic' }).paused);
});

test('a label that no pause can name is refused by every method', async () => {
  const brake = await connected();
  const wrong = JSON.parse('{"agent": "skeptic"}');
  expect(() => brake.look(wrong)).toThrow('no pause can name "agent"');
  for (const call of [
    brake.ask(wrong),
    brake.gate(wrong),
    brake.whenClear(wrong),
    brake.withBrake(wrong, () => 1),
    brake.iterate(wrong, [1]).next(),
    brake.gate({}),
    brake.gate({ agent_id: ' ' }),
  ]) {
    await expect(call).rejects.toThrow(TypeError);
  }
});

test('nothing begins before the pauses are known', async () => {
  await expect(connectBrake({ url: 'http://127.0.0.1:9', token: stack.token })).rejects.toThrow(
    'the active pauses could not be read at http://127.0.0.1:9: ',
  );
  await expect(connectBrake({ url: stack.url, token: 'no-token-of-ours' })).rejects.toThrow(
    `the active pauses could not be read at ${stack.url}: `,
  );
  // Who would rather go on does so, unless the token is wrong, which no waiting repairs.
  const open = await connected({ url: 'http://127.0.0.1:9', onUnknown: 'continue' });
  expect(open.look({ agent_id: 'skeptic' }).paused).toBe(false);
  await expect(connectBrake({ url: stack.url, token: 'no-token-of-ours', onUnknown: 'continue' })).rejects.toThrow(
    'the active pauses could not be read',
  );
  await expect(connectBrake({ url: stack.url, token: stack.token, unknownAfterMs: 10 })).rejects.toThrow(TypeError);
});

test('a gate throws the pause, withBrake calls nothing behind it, and iterate stops before the next item', async () => {
  const brake = await connected();
  const labels = { agent_id: 'walker', skill: 'walk' };
  const calls: number[] = [];
  await brake.withBrake(labels, () => calls.push(1));
  const { id } = await stack.operator.pause({ scope_kind: 'agent', scope_value: 'walker', reason: 'too far' });
  await known(brake, 'walker');
  const refused = await brake.gate(labels).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(PausedError);
  expect(refused).toMatchObject({
    code: 'paused',
    reason: 'too far',
    labels,
    pause: { id, scope_kind: 'agent', scope_value: 'walker' },
  });
  await expect(brake.withBrake(labels, () => calls.push(2))).rejects.toThrow(PausedError);
  await stack.operator.unpause({ scope_kind: 'agent', scope_value: 'walker' });
  await brake.whenClear(labels);
  const items = brake.iterate(labels, [3, 4, 5]);
  calls.push((await items.next()).value ?? 0);
  await stack.operator.pause({ scope_kind: 'agent', scope_value: 'walker', reason: 'again' });
  await known(brake, 'walker');
  await expect(items.next()).rejects.toThrow(PausedError);
  expect(calls).toEqual([1, 3]);
});

test('a wait ends when the last pause is over, also one that ends by the clock, or when it is told to', async () => {
  const brake = await connected();
  await stack.operator.pause({ scope_kind: 'agent', scope_value: 'waiter', reason: 'a moment', ttl_seconds: 1 });
  await known(brake, 'waiter');
  await brake.whenClear({ agent_id: 'waiter' });
  expect(brake.look({ agent_id: 'waiter' }).paused).toBe(false);
  await stack.operator.pause({ scope_kind: 'agent', scope_value: 'waiter', reason: 'long' });
  await known(brake, 'waiter');
  const told = new AbortController();
  const waiting = brake.whenClear({ agent_id: 'waiter' }, { signal: told.signal });
  const items: number[] = [];
  const going = (async () => {
    for await (const item of brake.iterate({ agent_id: 'waiter' }, [1, 2], { whenPaused: 'wait' })) items.push(item);
  })();
  told.abort(new Error('no longer'));
  await expect(waiting).rejects.toThrow('no longer');
  expect(items).toEqual([]);
  await stack.operator.unpause({ scope_kind: 'agent', scope_value: 'waiter' });
  await going;
  expect(items).toEqual([1, 2]);
});

test('a strict gate lets nothing begin once a pause has committed', async () => {
  const brake = await connected({ strict: true });
  for (let round = 0; round < 10; round++) {
    await brake.gate({ agent_id: `strict-${round}` });
    await stack.database.pool.query(
      "insert into senate_pause (scope_kind, scope_value, reason) values ('agent', $1, 'by hand')",
      [`strict-${round}`],
    );
    // No wait: the row is there, and no notification has to arrive.
    await expect(brake.gate({ agent_id: `strict-${round}` })).rejects.toMatchObject({
      code: 'paused',
      reason: 'by hand',
    });
    expect(await brake.ask({ agent_id: `strict-${round}` })).toMatchObject({ paused: true, reason: 'by hand' });
  }
});

test('a gate confirms a pause, reports what it has refused, and leaves when it is closed', async () => {
  const brake = await connected({ name: 'reporter', kind: 'test' });
  await until('it is connected', async () => (await viewer()).some(({ name }) => name === 'reporter'));
  const { id } = await stack.operator.pause({ scope_kind: 'agent', scope_value: 'reported', reason: 'r' });
  const gates = async () => {
    const page = await stack.operator.pausePage(id);
    if (page.gates === null) throw new Error('a page tells of gates');
    return page.gates;
  };
  await until('every gate has confirmed', async () => {
    const { connected: all, confirmed } = await gates();
    return confirmed > 0 && confirmed === all;
  });
  for (let step = 0; step < 14; step++)
    await expect(brake.gate({ agent_id: 'reported', skill: `s${step}` })).rejects.toThrow(PausedError);
  brake.look({ agent_id: 'reported' }); // a look refuses nothing
  await until('the refusals are told', async () => (await gates()).refused >= 14);
  expect(await gates()).toMatchObject({
    refused: 14,
    refused_by: 1,
    refusals: [{ gate: 'reporter', agent_id: 'reported', skill: 's13' }],
  });
  await brake.close();
  expect((await viewer()).map(({ name }) => name)).not.toContain('reporter');
});

const viewer = async () => (await stack.operator.turnGates()).gates;
