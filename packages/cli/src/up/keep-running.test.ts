import { expect, test } from 'vitest';
import { keepRunning, type Running } from './keep-running.ts';

interface Fake extends Running {
  die(how: string): void;
  stopped: boolean;
}

function fake(): Fake {
  const { promise, resolve } = Promise.withResolvers<string>();
  const process: Fake = {
    ended: promise,
    die: resolve,
    stopped: false,
    stop: async () => {
      process.stopped = true;
      resolve('stopped');
    },
  };
  return process;
}

/** Hands out each thing once it is there. */
function mailbox<T>() {
  const waiting: ((item: T) => void)[] = [];
  const items: T[] = [];
  return {
    put: (item: T): void => {
      const next = waiting.shift();
      if (next) next(item);
      else items.push(item);
    },
    take: (): Promise<T> => {
      const item = items.shift();
      return item === undefined
        ? new Promise((resolve) => {
            waiting.push(resolve);
          })
        : Promise.resolve(item);
    },
  };
}

test('a process that dies is started again, and this is said', async () => {
  const said = mailbox<string>();
  const restarted = mailbox<Fake>();
  const first = fake();
  const kept = keepRunning(first, {
    name: 'pause-api',
    say: said.put,
    waitsMs: [1, 1],
    restart: async () => {
      const next = fake();
      restarted.put(next);
      return next;
    },
  });
  first.die('SIGKILL');
  expect(await said.take()).toBe('pause-api has ended (SIGKILL); starting it again (1 of 2)');
  const second = await restarted.take();
  expect(await said.take()).toBe('pause-api is running again');
  await kept.stop();
  expect(second.stopped).toBe(true);
});

test('it is given up after a bounded number of times; starts that fail count', async () => {
  const first = fake();
  let starts = 0;
  const kept = keepRunning(first, {
    name: 'pause-api',
    say: () => {},
    waitsMs: [1, 1, 1],
    restart: async () => {
      starts++;
      throw new Error('the port is taken');
    },
  });
  first.die('exit code 1');
  expect(await kept.givenUp).toBe('the port is taken');
  expect(starts).toBe(3);
  await kept.stop();
});

test('after a steady time earlier failures count no more', async () => {
  const restarted = mailbox<Fake>();
  const first = fake();
  const kept = keepRunning(first, {
    name: 'pause-api',
    say: () => {},
    waitsMs: [1],
    steadyMs: 0,
    restart: async () => {
      const next = fake();
      restarted.put(next);
      return next;
    },
  });
  let current = first;
  for (let round = 0; round < 5; round++) {
    current.die('SIGKILL');
    current = await restarted.take();
  }
  await kept.stop();
  expect(current.stopped).toBe(true);
});

test('stopping while it waits to start again starts nothing', async () => {
  const said = mailbox<string>();
  const first = fake();
  let starts = 0;
  const kept = keepRunning(first, {
    name: 'pause-api',
    say: said.put,
    waitsMs: [600_000],
    restart: async () => {
      starts++;
      return fake();
    },
  });
  first.die('SIGKILL');
  await said.take();
  await kept.stop();
  expect(starts).toBe(0);
});
