import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { FaultProxy, testDatabase, until } from '@orchestra/testkit';
import { expect, onTestFinished, test } from 'vitest';

const database = testDatabase();
const PROGRAM = fileURLToPath(new URL('processes/replica-until-told.ts', import.meta.url));

async function replicaProcess(listenUrl: string, readUrl: string = listenUrl) {
  const child = spawn(process.execPath, [PROGRAM, readUrl, listenUrl], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += String(chunk);
  });
  const exited = once(child, 'exit');
  return { child, exited, printed: () => printed };
}

test.each(['pass', 'refuse', 'blackhole'] as const)(
  'a process that stops its replica ends by itself, with its database in mode %s',
  async (mode) => {
    const proxy = await FaultProxy.before(database.url);
    onTestFinished(() => proxy.close());
    // A pool of pg waits for ever to say goodbye over a dead network; what is looked at here is the listening
    // connection.
    const { child, exited, printed } = await replicaProcess(proxy.url, mode === 'blackhole' ? database.url : proxy.url);
    await until('its replica is fresh', () => printed().endsWith('fresh\n'));
    proxy[mode]();
    child.stdin.write('stop\n');
    expect(await exited).toEqual([0, null]);
    expect(printed()).toMatch(/stopped\n$/);
  },
);

test('a process whose database was never there ends by itself as well', async () => {
  const proxy = await FaultProxy.before(database.url);
  onTestFinished(() => proxy.close());
  proxy.refuse();
  const { child, exited, printed } = await replicaProcess(proxy.url);
  await until('its first readings have failed', () => printed().startsWith('starting\n'));
  child.stdin.write('stop\n');
  expect(await exited).toEqual([0, null]);
});

test('F11 all backends of a process ended twenty times over: it is the same process afterwards', async () => {
  const { child, exited, printed } = await replicaProcess(database.url);
  await until('its replica is fresh', () => printed().endsWith('fresh\n'));
  for (let time = 1; time <= 20; time++) {
    await until('its backends are there and are ended', async () => {
      const { rows } = await database.pool.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'replica process'",
      );
      return rows.length > 0;
    });
  }
  expect(child.exitCode).toBeNull();
  child.stdin.write('stop\n');
  expect(await exited).toEqual([0, null]);
});
