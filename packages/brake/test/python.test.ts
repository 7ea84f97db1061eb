// `examples/python/brake.py` in a python3 of its own, which is told what to do line by line.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { revokeToken } from '@orchestra/pause-core';
import { until } from '@orchestra/testkit';
import { expect, onTestFinished, test, vi } from 'vitest';
import { braked } from './braked.ts';

vi.setConfig({ testTimeout: 60_000 });
const stack = braked();
const FOLDER = fileURLToPath(new URL('../../../examples/python', import.meta.url));

// Each line is an expression; its value, or the exception, is answered as one line of JSON.
const DRIVER = `
import sys, json, asyncio, brake
calls = []
@brake.brake(agent_id="py")
def think(): calls.append("think"); return "thought"
@brake.brake(agent_id="py", skill="dream")
async def dream(): calls.append("dream"); return "dreamt"
for line in sys.stdin:
    try: print(json.dumps({"value": eval(line)}), flush=True)
    except Exception as error: print(json.dumps({"error": type(error).__name__, "code": getattr(error, "code", None), "text": str(error)}), flush=True)
`;

interface Said { value?: unknown; error?: string; code?: string | null; text?: string }

function python(env: Record<string, string>): (line: string) => Promise<Said> {
  const child = spawn('python3', ['-c', DRIVER], { env: { PATH: process.env['PATH'] ?? '', PYTHONPATH: FOLDER, PYTHONDONTWRITEBYTECODE: '1', ORCHESTRA_GATE: 'py-gate', ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => { child.kill(); });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (line) => {
    child.stdin.write(`${line}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error('python3 has ended');
    return JSON.parse(value);
  };
}

test('a gate and a decorator raise Paused with the reason, the function is not called, and the refusals are counted', async () => {
  const say = python({ ORCHESTRA_URL: stack.url, ORCHESTRA_TOKEN: stack.token });
  expect(await say('(think(), asyncio.run(dream()), calls)')).toEqual({ value: ['thought', 'dreamt', ['think', 'dream']] });
  const { id } = await stack.operator.pause({ scope_kind: 'agent', scope_value: 'py', reason: 'runaway loop' });
  // It reads the database: no wait.
  const paused = { error: 'Paused', code: 'paused', text: 'paused: runaway loop' };
  expect(await say('brake.gate(agent_id="py")')).toEqual(paused);
  expect(await say('think()')).toEqual(paused);
  expect(await say('asyncio.run(dream())')).toEqual(paused);
  expect(await say('brake.ask(agent_id="py")')).toMatchObject({ value: { reason: 'runaway loop', pause: { id } } });
  expect(await say('brake.when_clear(agent_id="py", every_seconds=0.01, timeout_seconds=0.05)')).toEqual(paused);
  expect(await say('brake.gate(agent_id="other")')).toEqual({ value: null });
  await until('the refusals are counted', async () => (await stack.operator.pausePage(id)).gates?.refused === 3);
  expect((await stack.operator.pausePage(id)).gates?.refusals).toMatchObject([{ gate: 'py-gate', agent_id: 'py' }]);
  await stack.operator.unpause({ id });
  expect(await say('(brake.when_clear(agent_id="py"), think(), calls)')).toEqual({ value: [null, 'thought', ['think', 'dream', 'think']] });
});

test('a label that no pause can name is refused', async () => {
  const say = python({ ORCHESTRA_URL: stack.url, ORCHESTRA_TOKEN: stack.token });
  for (const [call, error] of [['brake.gate()', 'ValueError'], ['brake.gate(agent_id=" ")', 'ValueError'], ['brake.gate(agent="x")', 'TypeError'], ['brake.gate(agent_id="x"*201)', 'ValueError'], ['brake.brake(agent_id="")(print)', 'ValueError']]) {
    expect([call, await say(call ?? '')]).toEqual([call, expect.objectContaining({ error })]);
  }
});

test('it fails closed: no token, a revoked one, the database gone, the service killed', async () => {
  const unknown = expect.objectContaining({ error: 'Paused', code: 'unknown' });
  expect(await python({ ORCHESTRA_URL: stack.url })('brake.gate(agent_id="free")')).toEqual(unknown);
  const service = await stack.another();
  const token = await stack.newToken('agent');
  const say = python({ ORCHESTRA_URL: service.url, ORCHESTRA_TOKEN: token });
  expect(await say('brake.gate(agent_id="free")')).toEqual({ value: null });
  stack.proxy.refuse();
  expect(await say('brake.gate(agent_id="free")')).toEqual(unknown);
  stack.proxy.pass();
  await until('it passes again', async () => (await say('brake.gate(agent_id="free")')).error === undefined);
  const { rows: [{ name }] } = await stack.database.pool.query('select name from api_tokens order by id desc limit 1');
  await revokeToken(stack.database.pool, { name, by: 'test' });
  await until('a revoked token is refused', async () => (await say('brake.gate(agent_id="free")')).code === 'unknown', 30_000);
  await service.stop();
  expect(await say('brake.gate(agent_id="free")')).toEqual(unknown);
});
