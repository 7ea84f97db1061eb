// The table of docs/gates.md: what each gate does when the service is killed, the database is gone, the token is
// revoked, or a notification is lost. One test for each column; each looks at every kind of gate, and at every adapter
// over it.
import { until } from '@orchestra/testkit';
import { revokeToken } from '@orchestra/pause-core';
import { OpenFeature } from '@openfeature/server-sdk';
import { setTracingDisabled } from '@openai/agents-core';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { connectBrake, PausedError, type Brake, type BrakeOptions } from '../src/index.ts';
import { mayBegin, STEPS } from './adapter-steps.ts';
import { braked } from './braked.ts';

vi.setConfig({ testTimeout: 60_000 });
const stack = braked();
const FREE = { agent_id: 'free' };
setTracingDisabled(true);
afterAll(() => OpenFeature.close());

async function connected(options: BrakeOptions): Promise<Brake> {
  const brake = await connectBrake({ token: stack.token, unknownAfterMs: 2_000, ...options });
  onTestFinished(() => brake.close());
  return brake;
}

interface Gates {
  memory: Brake;
  strict: Brake;
  open: Brake;
  hook: () => Promise<unknown>;
}

/** The adapters over this gate through which a step of the agent begins. */
async function began(brake: Brake, agent = FREE.agent_id): Promise<string[]> {
  const taken = await Promise.all(
    Object.entries(STEPS).map(async ([name, step]) => ({ name, began: await step(brake, agent) })),
  );
  return taken.filter((step) => step.began).map(({ name }) => name);
}
const ALL = Object.keys(STEPS);

/** One of each kind; all let the free agent pass, and hold the paused one. */
async function everyGate(url: string, token = stack.token): Promise<Gates> {
  const gates = {
    memory: await connected({ url, token }),
    strict: await connected({ url, token, strict: true }),
    open: await connected({ url, token, onUnknown: 'continue' }),
    hook: async () => {
      const answer = await fetch(`${url}/api/hooks/claude-code`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'x-orchestra-agent': 'free' },
        body: JSON.stringify({ hook_event_name: 'PreToolUse', tool_name: 'Bash' }),
      });
      // With onFailure: "block" Claude Code refuses the step.
      if (!answer.ok) throw new Error(`answered ${answer.status}`);
      return answer.json();
    },
  };
  for (const brake of [gates.memory, gates.strict, gates.open]) {
    await brake.gate(FREE);
    await until('the pause is known', () => brake.look({ agent_id: 'held' }).paused);
    // A library that loads its parts at its first step may take longer than the two seconds after which a gate does not
    // know.
    await until('every step begins', async () => (await began(brake)).length === ALL.length);
    expect(await mayBegin(brake, 'free')).toBe(true);
  }
  expect(await gates.hook()).toEqual({});
  return gates;
}

async function closes(gates: Gates): Promise<void> {
  await expect(gates.strict.gate(FREE)).rejects.toMatchObject({ code: 'unknown', pause: null });
  expect(await began(gates.strict)).toEqual([]);
  await until('the gate in memory stops', () => gates.memory.look(FREE).paused);
  await expect(gates.memory.gate(FREE)).rejects.toMatchObject({ code: 'unknown', pause: null });
  expect([await began(gates.memory), await mayBegin(gates.memory, 'free')]).toEqual([[], false]);
  await gates.open.gate(FREE); // as it was told to
  expect([await began(gates.open), await mayBegin(gates.open, 'free')]).toEqual([ALL, true]);
  // What was known to be paused stays so, whatever the gate does with what it does not know.
  for (const brake of [gates.memory, gates.strict, gates.open]) {
    await expect(brake.gate({ agent_id: 'held' })).rejects.toThrow(PausedError);
    expect([await began(brake, 'held'), await mayBegin(brake, 'held')]).toEqual([[], false]);
  }
}

test('the service is killed: a strict gate and the hook close at once, a gate in memory once what it knows is too old, and `continue` stays open', async () => {
  await stack.operator.pause({ scope_kind: 'agent', scope_value: 'held', reason: 'held' });
  const service = await stack.another();
  const gates = await everyGate(service.url);
  await service.stop();
  await closes(gates);
  await expect(gates.hook()).rejects.toThrow('fetch failed');
});

test('the database is gone: the same, and the hook closes ten seconds later; all open again when it is back', async () => {
  const gates = await everyGate(stack.url);
  stack.proxy.refuse();
  try {
    await closes(gates);
    await until('the hook refuses', async () => JSON.stringify(await gates.hook()).includes('deny'), 30_000);
  } finally {
    stack.proxy.pass();
  }
  await until(
    'all pass again',
    async () => !gates.memory.look(FREE).paused && JSON.stringify(await gates.hook()) === '{}',
    30_000,
  );
  await expect(gates.strict.gate(FREE)).resolves.toBeUndefined();
  for (const brake of [gates.memory, gates.strict]) expect(await began(brake)).toEqual(ALL);
});

test('the token is revoked: every gate closes within ten seconds, and one in memory as soon as it hears', async () => {
  const token = await stack.newToken('agent');
  const gates = await everyGate(stack.url, token);
  const {
    rows: [{ name }],
  } = await stack.database.pool.query('select name from api_tokens order by id desc limit 1');
  await revokeToken(stack.database.pool, { name, by: 'test' });
  await until(
    'the gate in memory hears',
    () => gates.memory.look(FREE).reason?.includes('may not read what is paused') === true,
    30_000,
  );
  await closes(gates);
  await expect(gates.hook()).rejects.toThrow('answered 401');
});

test('a notification is lost: a strict gate has no need of it, and the others know the pause within five seconds', async () => {
  const gates = await everyGate(stack.url);
  const client = await stack.database.pool.connect();
  try {
    // No trigger: no event, no bell.
    await client.query('set session_replication_role = replica');
    await client.query(
      `insert into senate_pause (scope_kind, scope_value, reason, paused_by, source)
         values ('agent', 'free', 'silent', 'test', 'sql')`,
    );
    await client.query('set session_replication_role = origin');
  } finally {
    client.release();
  }
  await expect(gates.strict.gate(FREE)).rejects.toMatchObject({ code: 'paused', reason: 'silent' });
  expect(await began(gates.strict)).toEqual([]);
  await until(
    'the others know',
    async () =>
      gates.memory.look(FREE).paused &&
      gates.open.look(FREE).paused &&
      JSON.stringify(await gates.hook()).includes('deny'),
  );
  await expect(gates.memory.gate(FREE)).rejects.toMatchObject({ code: 'paused', reason: 'silent' });
  for (const brake of [gates.memory, gates.open])
    expect([await began(brake), await mayBegin(brake, 'free')]).toEqual([[], false]);
});
