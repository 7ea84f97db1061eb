// On a real Redis: the redis-server of the machine, in a folder of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue, Worker, type Job } from 'bullmq';
import { until } from '@orchestra/testkit';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { brakeQueue, type BrakedQueue } from '../src/adapters/bullmq.ts';
import { connectBrake, type Brake } from '../src/index.ts';
import { braked } from './braked.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const stack = braked();
let brake: Brake;
let redis: ChildProcess;
let folder = '';
let connection = { host: '127.0.0.1', port: 0 };
const open: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orchestra-redis-'));
  connection = { host: '127.0.0.1', port: await freePort() };
  redis = spawn(
    'redis-server',
    ['--port', String(connection.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let said = '';
  redis.stdout?.on('data', (bytes) => {
    said += String(bytes);
  });
  await until('redis is ready', () => said.includes('Ready to accept connections'));
  brake = await connectBrake({ url: stack.url, token: stack.token, kind: 'bullmq', name: 'bull-worker' });
});
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});
afterAll(async () => {
  await brake.close();
  redis.kill();
  await once(redis, 'exit');
  await rm(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('a server on TCP has a port');
  return address.port;
}

const pause = async (agent: string): Promise<string> => {
  const { id } = await stack.operator.pause({ scope_kind: 'agent', scope_value: agent, reason: 'r' });
  await until('the brake knows', () => brake.look({ agent_id: agent }).paused);
  return id;
};

interface Fleet {
  queue: Queue;
  gate: BrakedQueue;
  ran: string[];
  work: (run?: (job: Job) => Promise<void>, ms?: number) => Worker;
}

function fleet(name: string, over = brake): Fleet {
  const queue = new Queue(name, { connection });
  const gate = brakeQueue(over, queue, {
    labels: (job) => ({ agent_id: job.data.agent }),
    onError: (error) => {
      throw error;
    },
  });
  open.push(
    () => queue.close(),
    () => gate.close(),
  );
  const ran: string[] = [];
  const work: Fleet['work'] = (run = async () => {}) => {
    const worker = gate.attach(
      new Worker(
        name,
        gate.processor<{ name: string; agent: string }, void, string>(async (job) => {
          ran.push(job.data.name);
          await run(job);
        }),
        { connection },
      ),
    );
    open.push(() => worker.close());
    return worker;
  };
  return { queue, gate, ran, work };
}

test('covered jobs are put aside before their body runs, keep their attempts, and come back in their old order', async () => {
  const { queue, ran, work } = fleet('order');
  const id = await pause('a');
  const names = ['a1', 'b1', 'a2', 'b2', 'a3'];
  const jobs = await queue.addBulk(
    names.map((name) => ({ name: 'work', data: { name, agent: name[0] }, opts: { attempts: 2 } })),
  );
  const worker = work();
  await until(
    'the free ones have run and the others are aside',
    async () => ran.length === 2 && (await queue.getDelayedCount()) === 3,
  );
  expect(ran).toEqual(['b1', 'b2']);
  expect(await Promise.all(jobs.map(async ({ id: job = '' }) => (await queue.getJob(job))?.attemptsMade))).toEqual([
    0, 1, 0, 1, 0,
  ]);
  await until('the pause tells who met it', async () => (await stack.operator.pausePage(id)).gates?.refused === 3);
  // Others wait behind them meanwhile.
  await worker.pause();
  await queue.addBulk(['c1', 'c2'].map((name) => ({ name: 'work', data: { name, agent: 'c' } })));
  await stack.operator.unpause({ scope_kind: 'agent', scope_value: 'a' });
  await until('they are put back', async () => (await queue.getDelayedCount()) === 0);
  await worker.resume();
  await until('all have run', () => ran.length === 7);
  expect(ran).toEqual(['b1', 'b2', 'a1', 'a2', 'a3', 'c1', 'c2']);
});

test('with an idle worker the old order holds too, although it takes the first job that it is offered, and two processes put jobs back', async () => {
  const { queue, ran, work } = fleet('idle');
  // Another process that puts jobs back at the same time: one of the two does all of it.
  const other = brakeQueue(brake, queue, {
    labels: (job) => ({ agent_id: job.data.agent }),
    onError: (error) => {
      throw error;
    },
  });
  open.push(() => other.close());
  await pause('d');
  work();
  const names = Array.from({ length: 12 }, (_, index) => `d${index}`);
  for (const name of names) await queue.add('work', { name, agent: 'd' });
  await until('all are aside', async () => (await queue.getDelayedCount()) === 12);
  await stack.operator.unpause({ scope_kind: 'agent', scope_value: 'd' });
  await until('all have run', () => ran.length === 12);
  expect(ran).toEqual(names);
});

test('a job that fails in flight is put aside at its retry; a delayed job of one’s own stays delayed; jobs with a priority keep their order', async () => {
  const { queue, ran, work } = fleet('retry');
  let failing = true;
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  work(async (job) => {
    if (job.data.name !== 'e1' || !failing) return;
    begun.resolve();
    await goOn.promise;
    failing = false;
    throw new Error('failed in flight');
  });
  await queue.add('work', { name: 'later', agent: 'e' }, { delay: 3_600_000 });
  const job = await queue.add('work', { name: 'e1', agent: 'e' }, { attempts: 3 });
  await begun.promise;
  await pause('e');
  goOn.resolve();
  await until('its retry is aside', async () => (await queue.getDelayedCount()) === 2);
  expect((await queue.getJob(job.id ?? ''))?.attemptsMade).toBe(1);
  for (const name of ['p9', 'p10', 'p11']) await queue.add('work', { name, agent: 'e' }, { priority: 5 });
  await until('all are aside', async () => (await queue.getDelayedCount()) === 5);
  await stack.operator.unpause({ scope_kind: 'agent', scope_value: 'e' });
  await until('all have run', () => ran.length === 5);
  expect(ran).toEqual(['e1', 'e1', 'p9', 'p10', 'p11']);
  expect((await queue.getDelayed()).map(({ data }) => data.name)).toEqual(['later']);
});

test('what a process that is gone has put aside is released by the next one, and a pause is settled once every worker has confirmed', async () => {
  const first = fleet('gone');
  await pause('f');
  first.work();
  await first.queue.add('work', { name: 'f1', agent: 'f' });
  await until('it is aside', async () => (await first.queue.getDelayedCount()) === 1);
  for (const close of open.splice(0).toReversed()) await close();
  await stack.operator.unpause({ scope_kind: 'agent', scope_value: 'f' });
  await brake.whenClear({ agent_id: 'f' });
  const next = fleet('gone');
  next.work();
  await until('it has run', () => next.ran.length === 1);
  const { id } = await stack.operator.pause({ scope_kind: 'agent', scope_value: 'f', reason: 'r' });
  await until('every worker has confirmed', async () => {
    const { gates } = await stack.operator.pausePage(id);
    return gates !== null && gates.connected === 1 && gates.confirmed === 1;
  });
  expect(brake.look({ agent_id: 'f' }).paused).toBe(true);
});

test('while nobody can tell what is paused a job is put aside; it runs once that is known again', async () => {
  const own = await connectBrake({ url: stack.url, token: stack.token, kind: 'bullmq', unknownAfterMs: 2_000 });
  open.push(() => own.close());
  const { queue, ran, work } = fleet('unknown', own);
  stack.proxy.refuse();
  try {
    await until(
      'nobody can tell',
      () => own.look({ agent_id: 'u' }).reason === 'what is paused could not be read lately',
    );
    work();
    await queue.add('work', { name: 'u1', agent: 'u' });
    await until('it is aside', async () => (await queue.getDelayedCount()) === 1);
    expect(ran).toEqual([]);
  } finally {
    stack.proxy.pass();
  }
  await until('it has run', () => ran.length === 1);
});
