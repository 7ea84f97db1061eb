// `orchestra up` on the PostgreSQL that it brings along.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from '@orchestra/testkit';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { descendants, living } from './living-processes.ts';
import { ANY_PORTS, Going, orchestra, RUN, temporaryHome, up } from './orchestra.ts';

// Each of these starts five processes or more, and other tests use the machine too.
vi.setConfig({ testTimeout: 180_000 });

async function started(folder: string, env: Record<string, string> = {}) {
  const { going, ready } = await up(folder, env);
  onTestFinished(() => going.clear());
  return { going, ready, processes: await descendants(going.pid) };
}

async function nothingLeft(pids: readonly number[]): Promise<void> {
  await until('nothing left', async () => (await living(pids)).length === 0);
}

test('it says when all is ready; Ctrl-C stops the services, then the database, and leaves nothing; a second start finds its data', async () => {
  const folder = await temporaryHome();
  const first = await started(folder);
  expect(first.ready.token_file).toBe(join(folder, 'admin-token'));
  expect(first.ready.database).toMatch(/^postgresql:\/\/orchestra@127\.0\.0\.1:\d+\/orchestra$/);
  for (const url of [first.ready.pause_api, first.ready.worker_claimer, first.ready.alert_cascade])
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  for (const name of ['admin-token', 'database-url']) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  const token = await readFile(first.ready.token_file, 'utf8');

  const added = await orchestra(['task', 'add', '--agent', 'skeptic', '--json'], { cwd: join(folder, 'logs') });
  expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining('"ids"') });

  const postmaster = Number.parseInt(await readFile(join(folder, 'postgres', 'data', 'postmaster.pid'), 'utf8'), 10);
  first.going.child.kill('SIGINT');
  expect(await first.going.ended()).toBe(0);
  await nothingLeft([first.going.pid, postmaster, ...first.processes.map(({ pid }) => pid)]);
  const databaseStopped = await shutdownOfDatabase(folder);
  for (const service of ['pause-api', 'worker-claimer', 'alert-cascade'])
    expect(await lastWordOf(folder, service)).toBeLessThanOrEqual(databaseStopped);

  const second = await started(folder);
  expect(await readFile(second.ready.token_file, 'utf8')).toBe(token);
  const shown = await orchestra(['task', 'list', '--json'], { env: { ORCHESTRA_HOME: folder } });
  expect(JSON.parse(shown.stdout)).toMatchObject({ tasks: [{ id: '1', agent_id: 'skeptic' }] });
  second.going.child.kill('SIGTERM');
  expect(await second.going.ended()).toBe(0);
  await nothingLeft(second.processes.map(({ pid }) => pid));
});

test('a second `up` in the same home says that one is running', async () => {
  const folder = await temporaryHome();
  const first = await started(folder);
  const second = await orchestra(['up'], { env: { ...ANY_PORTS, ORCHESTRA_HOME: folder } });
  expect(second).toEqual({
    code: 1,
    stdout: '',
    stderr:
      `orchestra: \`orchestra up\` is already running in ${folder} (pid ${first.going.pid}); stop that ` +
      `one, or set ORCHESTRA_HOME to another folder\n`,
  });
  expect((await fetch(`${first.ready.pause_api}/livez`)).status).toBe(200);
});

test('when it is killed with SIGKILL nothing stays behind, and the next start works at once', async () => {
  const folder = await temporaryHome();
  const first = await started(folder);
  first.going.child.kill('SIGKILL');
  const second = await started(folder);
  await nothingLeft(first.processes.map(({ pid }) => pid));
  expect((await fetch(`${second.ready.pause_api}/readyz`)).status).toBe(200);
});

test('a port that is taken is told with its variable, and leaves nothing running', async () => {
  const folder = await temporaryHome();
  const occupant = createServer();
  await new Promise<void>((resolve) => {
    occupant.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    occupant.close();
  });
  const { port } = occupant.address() as AddressInfo;
  const going = new Going(['up'], { env: { ...ANY_PORTS, WORKER_CLAIMER_PORT: String(port), ORCHESTRA_HOME: folder } });
  onTestFinished(() => going.clear());
  const seen = new Set<number>();
  await until(
    'its end',
    async () => {
      for (const { pid } of await descendants(going.pid)) seen.add(pid);
      return going.child.exitCode !== null;
    },
    60_000,
  );
  expect(await going.ended()).toBe(1);
  expect(going.stdout).toBe('');
  expect(going.stderr).toContain(
    `orchestra: worker-claimer: 127.0.0.1:${port} is taken by another process; stop that one, or set WORKER_CLAIMER_PORT to another port`,
  );
  expect(seen.size).toBeGreaterThan(0);
  expect(await living([...seen])).toEqual([]);
});

test('being stopped while it starts leaves nothing', async () => {
  const folder = await temporaryHome();
  const going = new Going(['up'], { env: { ...ANY_PORTS, ORCHESTRA_HOME: folder } });
  onTestFinished(() => going.clear());
  const processes = await until('a process of its own', async () => {
    const found = await descendants(going.pid);
    return found.length > 0 ? found : undefined;
  });
  going.child.kill('SIGTERM');
  expect(await going.ended()).toBe(1);
  expect(going.stderr).toContain('stopped before everything was started');
  expect(await living(processes.map(({ pid }) => pid))).toEqual([]);
});

test('when the `npx` that started it is ended, which passes no signal on, all of it stops', async () => {
  const folder = await temporaryHome();
  // As npm shows itself: with its own words in place of its program's name.
  const npx = spawn('sh', ['-c', '"$0" "$@"; true', process.execPath, RUN, 'up', '--json'], {
    argv0: 'npm exec pnpm start',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'], npm_lifecycle_event: 'start', ...ANY_PORTS, ORCHESTRA_HOME: folder },
  });
  await once(createInterface({ input: npx.stdout }), 'line');
  const processes = (await descendants(npx.pid ?? 0)).map(({ pid }) => pid);
  onTestFinished(async () => {
    for (const pid of await living(processes)) process.kill(pid, 'SIGKILL');
  });
  expect(processes.length).toBeGreaterThanOrEqual(6);
  npx.kill('SIGTERM');
  await nothingLeft(processes);
});

test('a service that dies is started again where it was, and the others go on', async () => {
  const folder = await temporaryHome();
  const { going, ready, processes } = await started(folder);
  const api = processes.find(({ command }) => command.includes('pause-api'));
  const claimer = processes.find(({ command }) => command.includes('worker-claimer'));
  process.kill(api?.pid ?? 0, 'SIGKILL');
  await until('it is said', () => going.stderr.includes('pause-api is running again'));
  expect(going.stderr).toContain('pause-api has ended (SIGKILL); starting it again (1 of 5)');
  expect((await fetch(`${ready.pause_api}/readyz`)).status).toBe(200);
  expect(await living([claimer?.pid ?? 0])).toHaveLength(1);
  const paused = await orchestra(['senate', 'pause', 'agent', 'skeptic', '--reason', 'still works'], {
    env: { ORCHESTRA_HOME: folder },
  });
  expect(paused.code).toBe(0);
});

test('the database that dies comes back on its port, with its data, and the services find it again', async () => {
  const folder = await temporaryHome();
  const { going, ready } = await started(folder);
  const env = { ORCHESTRA_HOME: folder };
  await orchestra(['senate', 'pause', 'agent', 'skeptic', '--reason', 'kept'], { env });
  const postmaster = Number.parseInt(await readFile(join(folder, 'postgres', 'data', 'postmaster.pid'), 'utf8'), 10);
  process.kill(postmaster, 'SIGKILL');
  await until('it is said', () => going.stderr.includes('PostgreSQL is running again'), 60_000);
  await until('ready', async () => (await fetch(`${ready.pause_api}/readyz`)).status === 200);
  const answer = await orchestra(['senate', 'check', '--agent', 'skeptic'], { env });
  expect(answer.code).toBe(3);
});

async function lastWordOf(folder: string, service: string): Promise<number> {
  const lines = (await readFile(join(folder, 'logs', `${service}.log`), 'utf8')).trim().split('\n');
  const last = z.object({ time: z.number(), msg: z.string() }).parse(JSON.parse(lines.at(-1) ?? ''));
  expect(last.msg).toBe('stopped');
  return last.time;
}

async function shutdownOfDatabase(folder: string): Promise<number> {
  const log = await readFile(join(folder, 'logs', 'postgres.log'), 'utf8');
  const [, time] = /^(\S+ \S+) UTC .*received fast shutdown request/m.exec(log) ?? [];
  return Date.parse(`${time ?? 'never'}Z`);
}
