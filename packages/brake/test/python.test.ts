// `examples/python/brake.py` in a python3 of its own, which is told what to do line by line.
import { spawn, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
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
import sys, json, asyncio, inspect, pickle, brake
calls = []
@brake.brake(agent_id="py")
def think(): calls.append("think"); return "thought"
@brake.brake(agent_id="py", skill="dream")
async def dream(): calls.append("dream"); return "dreamt"
def plain(query: str, most: int = 3) -> str:
    "Searches."
    return query
braked = brake.brake(agent_id="py")(plain)
for line in sys.stdin:
    try: print(json.dumps({"value": eval(line)}), flush=True)
    except Exception as error:
        said = {"error": type(error).__name__, "code": getattr(error, "code", None), "text": str(error)}
        print(json.dumps(said), flush=True)
`;

interface Said {
  value?: unknown;
  error?: string;
  code?: string | null;
  text?: string;
}

function python(
  env: Record<string, string>,
  { driver = DRIVER, program = 'python3' } = {},
): (line: string) => Promise<Said> {
  const child = spawn(program, ['-c', driver], {
    env: {
      PATH: process.env['PATH'] ?? '',
      PYTHONPATH: FOLDER,
      PYTHONDONTWRITEBYTECODE: '1',
      ORCHESTRA_GATE: 'py-gate',
      ...env,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill();
  });
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
  expect(await say('(think(), asyncio.run(dream()), calls)')).toEqual({
    value: ['thought', 'dreamt', ['think', 'dream']],
  });
  const { id } = await stack.operator.pause({ scope_kind: 'agent', scope_value: 'py', reason: 'runaway loop' });
  // It reads the database: no wait.
  const paused = { error: 'Paused', code: 'paused', text: 'paused: runaway loop' };
  expect(await say('brake.gate(agent_id="py")')).toEqual(paused);
  expect(await say('think()')).toEqual(paused);
  expect(await say('asyncio.run(dream())')).toEqual(paused);
  expect(await say('str(pickle.loads(pickle.dumps(brake.Paused("paused", "runaway loop"))))')).toEqual({
    value: 'paused: runaway loop',
  });
  expect(await say('brake.ask(agent_id="py")')).toMatchObject({ value: { reason: 'runaway loop', pause: { id } } });
  expect(await say('brake.when_clear(agent_id="py", every_seconds=0.01, timeout_seconds=0.05)')).toEqual(paused);
  expect(await say('brake.gate(agent_id="other")')).toEqual({ value: null });
  await until('the refusals are counted', async () => (await stack.operator.pausePage(id)).gates?.refused === 3);
  expect((await stack.operator.pausePage(id)).gates?.refusals).toMatchObject([{ gate: 'py-gate', agent_id: 'py' }]);
  await stack.operator.unpause({ id });
  expect(await say('(brake.when_clear(agent_id="py"), think(), calls)')).toEqual({
    value: [null, 'thought', ['think', 'dream', 'think']],
  });
});

test('a braked function keeps its name, signature and text, by which frameworks describe it to a model', async () => {
  const say = python({});
  expect(
    await say(
      '[str(inspect.signature(braked)), braked.__name__, braked.__doc__, braked.__annotations__ == ' +
        'plain.__annotations__]',
    ),
  ).toEqual({ value: ['(query: str, most: int = 3) -> str', 'plain', 'Searches.', true] });
});

test('for hooks whose exceptions are swallowed there is a word that raises nothing: it is False also where nothing can be judged', async () => {
  const say = python({ ORCHESTRA_URL: stack.url, ORCHESTRA_TOKEN: stack.token });
  await stack.operator.pause({ scope_kind: 'agent', scope_value: 'passes', reason: 'r' });
  expect(
    await say(
      '[brake.passes(agent_id="free"), brake.passes(agent_id="passes"), brake.passes(agent_id=""), ' +
        'brake.passes(agent="free"), brake.passes()]',
    ),
  ).toEqual({ value: [true, false, false, false, false] });
  expect(
    await python({ ORCHESTRA_URL: 'http://127.0.0.1:9', ORCHESTRA_TOKEN: 'x' })('brake.passes(agent_id="free")'),
  ).toEqual({ value: false });
});

// Debian has Celery for its own Python.
const CELERY = '/usr/bin/python3';
const hasCelery = spawnSync(CELERY, ['-c', 'import celery.contrib.testing.worker']).status === 0;
if (!hasCelery) console.warn('Celery is not there: its recipe is not run; apt-get install python3-celery brings it');

test.skipIf(!hasCelery)(
  'the recipe of Celery in docs/gates.md, with a real worker: a paused task is not entered, and runs after the pause',
  async () => {
    const manual = await readFile(new URL('../../../docs/gates.md', import.meta.url), 'utf8');
    const recipe = /<!-- tested by packages\/brake\/test\/python.test.ts -->\n+```python\n(?<code>.*?)\n```/s.exec(
      manual,
    )?.groups?.['code'];
    if (recipe === undefined) throw new Error('docs/gates.md has no recipe of Celery that is run here');
    // A broker inside this one process; everything else is as it is written.
    const inOneProcess = recipe
      .replace('broker="redis://localhost"', 'broker="memory://", backend="cache+memory://"')
      .replace('default_retry_delay=30', 'default_retry_delay=0.1');
    const driver = `${inOneProcess}
import sys, json
from celery.contrib.testing.worker import start_worker
made = {}
def start(page): made[page] = crawl.delay(page); return None
with start_worker(app, perform_ping_check=False, loglevel="CRITICAL"):
    for line in sys.stdin:
        try: print(json.dumps({"value": eval(line)}), flush=True)
        except Exception as error: print(json.dumps({"error": type(error).__name__, "text": str(error)}), flush=True)
`;
    const say = python({ ORCHESTRA_URL: stack.url, ORCHESTRA_TOKEN: stack.token }, { driver, program: CELERY });
    await say('start("a")');
    expect(await say('made["a"].get(timeout=30)')).toEqual({ value: 'A' });
    const { id } = await stack.operator.pause({ scope_kind: 'skill', scope_value: 'crawl', reason: 'too many pages' });
    await say('start("b")');
    await until(
      'it is put off',
      async () =>
        (await say('[made["b"].state, str(made["b"].info)]')).value?.toString() === 'RETRY,paused: too many pages',
    );
    await until('the refusals are counted', async () => ((await stack.operator.pausePage(id)).gates?.refused ?? 0) > 1);
    await stack.operator.unpause({ id });
    expect(await say('made["b"].get(timeout=30)')).toEqual({ value: 'B' });
  },
);

test('a label that no pause can name is refused', async () => {
  const say = python({ ORCHESTRA_URL: stack.url, ORCHESTRA_TOKEN: stack.token });
  for (const [call, error] of [
    ['brake.gate()', 'ValueError'],
    ['brake.gate(agent_id=" ")', 'ValueError'],
    ['brake.gate(agent="x")', 'TypeError'],
    ['brake.gate(agent_id="x"*201)', 'ValueError'],
    ['brake.brake(agent_id="")(print)', 'ValueError'],
  ]) {
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
  const {
    rows: [{ name }],
  } = await stack.database.pool.query('select name from api_tokens order by id desc limit 1');
  await revokeToken(stack.database.pool, { name, by: 'test' });
  await until(
    'a revoked token is refused',
    async () => (await say('brake.gate(agent_id="free")')).code === 'unknown',
    30_000,
  );
  await service.stop();
  expect(await say('brake.gate(agent_id="free")')).toEqual(unknown);
});
