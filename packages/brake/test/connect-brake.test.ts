import { createClient, type Client } from '@orchestra-brake/client';
import { startService } from '@orchestra/pause-api';
import { createToken } from '@orchestra/pause-core';
import { testDatabase, until } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { connectBrake, type Brake } from '../src/index.ts';

const db = testDatabase();
let url = '';
let token = '';
let operator: Client;
let stop = async (): Promise<unknown> => undefined;

beforeAll(async () => {
  const service = await startService({
    databaseUrl: db.url,
    listenDatabaseUrl: db.url,
    host: '127.0.0.1',
    port: 0,
    logLevel: 'silent',
  });
  stop = () => service.stop();
  url = service.url;
  token = await createToken(db.pool, { name: 'fleet', role: 'worker', by: 'test' });
  operator = createClient({
    url,
    tasksUrl: url,
    token: await createToken(db.pool, { name: 'dana', role: 'operator', by: 'test' }),
  });
});
afterAll(() => stop());

async function connected(): Promise<Brake> {
  const brake = await connectBrake({ url, token });
  onTestFinished(() => brake.close());
  return brake;
}

test('a look finds a pause that was made before, one that is made meanwhile, and its end', async () => {
  const before = await operator.pause({ scope_kind: 'skill', scope_value: 'debate', reason: 'botched prompt' });
  const brake = await connected();
  expect(brake.look({ agent_id: 'skeptic', skill: 'debate' })).toEqual({
    paused: true,
    reason: 'botched prompt',
    pause_id: before.id,
  });
  expect(brake.look({ agent_id: 'skeptic' })).toEqual({ paused: false, reason: null, pause_id: null });
  const meanwhile = await operator.pause({ scope_kind: 'agent', scope_value: 'skeptic', reason: 'runaway loop' });
  await until('the brake knows of it', () => brake.look({ agent_id: 'skeptic' }).paused);
  expect(brake.look({ agent_id: 'skeptic' })).toEqual({ paused: true, reason: 'runaway loop', pause_id: meanwhile.id });
  await operator.unpause({ scope_kind: 'agent', scope_value: 'skeptic' });
  await until('the brake knows of its end', () => !brake.look({ agent_id: 'skeptic' }).paused);
});

test('a label that no pause can name is refused', async () => {
  const brake = await connected();
  expect(() => brake.look(JSON.parse('{"agent": "skeptic"}'))).toThrow('no pause can name "agent"');
});

test('nothing begins before the pauses are known', async () => {
  await expect(connectBrake({ url: 'http://127.0.0.1:9', token })).rejects.toThrow(
    'the active pauses could not be read at http://127.0.0.1:9: ',
  );
  await expect(connectBrake({ url, token: 'no-token-of-ours' })).rejects.toThrow(
    `the active pauses could not be read at ${url}: `,
  );
});
