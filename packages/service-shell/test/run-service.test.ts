import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { FaultProxy, testDatabase, until } from '@orchestra/testkit';
import { afterEach, expect, test } from 'vitest';
import { makeLogger, MigrateError, migrateAtStart } from '../src/index.ts';

const database = testDatabase({ empty: true });
const PROGRAM = fileURLToPath(new URL('fixture-service.ts', import.meta.url));
const running: ChildProcess[] = [];

afterEach(() => {
  for (const child of running.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
});

interface Started {
  child: ChildProcess;
  output: () => string;
  errors: () => string;
  ended: Promise<number | null>;
}

function start(env: Record<string, string>): Started {
  const child = fork(PROGRAM, { silent: true, env: { PATH: process.env['PATH'], ...env } });
  running.push(child);
  let output = '';
  let errors = '';
  if (child.stdout === null || child.stderr === null) throw new Error('a silent child has its output piped');
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  // Not 'close', which never comes once the parent has disconnected.
  const ended = Promise.all([once(child, 'exit'), once(child.stdout, 'end'), once(child.stderr, 'end')]).then(
    () => child.exitCode,
  );
  return { child, output: () => output, errors: () => errors, ended };
}

async function ready({ child }: Started): Promise<string> {
  const [message] = await once(child, 'message');
  expect(message).toMatchObject({ ready: true });
  return message.url;
}

const messages = (text: string): string[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).msg);

test('a service migrates, tells its parent where it listens, and stops in the reverse order with exit code 0', async () => {
  const service = start({ DATABASE_URL: database.url });
  const url = await ready(service);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  service.child.kill('SIGTERM');
  expect(await service.ended).toBe(0);
  expect(messages(service.output())).toEqual(
    expect.arrayContaining([
      `fixture listens on ${url}`,
      'stopping: SIGTERM',
      'server stopped',
      'pool stopped',
      'stopped',
    ]),
  );
  expect(messages(service.output()).slice(-4)).toEqual([
    'stopping: SIGTERM',
    'server stopped',
    'pool stopped',
    'stopped',
  ]);
  expect(service.errors()).toBe('');
});

test('under a parent, Ctrl-C is left to the parent; when the parent is gone the service stops', async () => {
  const service = start({ DATABASE_URL: database.url });
  const url = await ready(service);
  service.child.kill('SIGINT');
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  service.child.disconnect();
  expect(await service.ended).toBe(0);
  expect(messages(service.output())).toContain('stopping: the parent process has gone');
});

test('a port that is taken is one clear line and exit code 1', async () => {
  const first = start({ DATABASE_URL: database.url });
  const { port } = new URL(await ready(first));
  const second = start({ DATABASE_URL: database.url, FIXTURE_PORT: port });
  expect(await second.ended).toBe(1);
  expect(second.errors()).toBe(
    `fixture: 127.0.0.1:${port} is taken by another process; stop that one, or set FIXTURE_PORT to another port (0 picks a free one)\n`,
  );
});

test('wrong settings are listed and end the start', async () => {
  const service = start({ FIXTURE_PORT: 'x', LOG_LEVEL: 'y' });
  expect(await service.ended).toBe(1);
  expect(service.errors()).toMatch(
    /^fixture: 3 settings are wrong:\n {2}DATABASE_URL .*\n {2}LOG_LEVEL .*\n {2}FIXTURE_PORT .*\n/,
  );
});

test('a database that is not up yet is waited for; one that never comes ends the start in words', async () => {
  const proxy = await FaultProxy.before(database.url);
  try {
    proxy.refuse();
    const log = makeLogger({ service: 'test', level: 'silent' });
    await expect(migrateAtStart(proxy.url, log, 0)).rejects.toThrow(MigrateError);
    await expect(migrateAtStart(proxy.url, log, 0)).rejects.toThrow(
      /^the database does not answer at postgresql:\/\/.*; is it running\?$/,
    );
    const service = start({ DATABASE_URL: proxy.url });
    await until('it says that it waits', () => service.output().includes('trying for 60 s'));
    proxy.pass();
    await ready(service);
    service.child.kill('SIGTERM');
    expect(await service.ended).toBe(0);
    expect(service.output() + service.errors()).not.toContain(`:${new URL(database.url).password}@`);
  } finally {
    await proxy.close();
  }
});
