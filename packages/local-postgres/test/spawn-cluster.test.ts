import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { spawnCluster, startCluster } from '../src/index.ts';
import { isRunning } from './is-running.ts';
import { temporaryFolder } from './temporary-folder.ts';

const PARENT = fileURLToPath(new URL('fixtures/parent.ts', import.meta.url));
const WAIT = { timeout: 60_000, interval: 20 };

async function postmasterOf(folder: string): Promise<number> {
  return Number.parseInt(await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8'), 10);
}

async function connects(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.end();
}

test('the server has a process group of its own, which Ctrl-C in a terminal does not reach', async () => {
  const folder = await temporaryFolder();
  const cluster = await spawnCluster({ folder, settings: { fsync: 'off' } });
  onTestFinished(() => cluster.stop());
  await connects(cluster.url);
  // A signal to a group of that number is only possible where the process leads a group of its own.
  expect(() => process.kill(-cluster.pid, 0)).not.toThrow();
  const postmaster = await postmasterOf(folder);
  await cluster.stop();
  expect([cluster.pid, postmaster].filter(isRunning)).toEqual([]);
});

test('the server ends when the process that started it is killed with SIGKILL', async () => {
  const folder = await temporaryFolder();
  const parent = spawn(process.execPath, [PARENT, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: parent.stdout }), 'line');
  const { pid } = z.object({ url: z.string(), pid: z.int() }).parse(JSON.parse(String(line)));
  onTestFinished(() => {
    if (isRunning(pid)) process.kill(pid);
  });
  const postmaster = await postmasterOf(folder);
  parent.kill('SIGKILL');
  await vi.waitFor(() => expect([pid, postmaster].filter(isRunning)).toEqual([]), WAIT);
});

test('a server that lost its owner is ended by the next start', async () => {
  const folder = await temporaryFolder();
  const first = await spawnCluster({ folder, settings: { fsync: 'off' } });
  const orphan = await postmasterOf(folder);
  process.kill(first.pid, 'SIGKILL');
  await first.ended;
  expect(isRunning(orphan)).toBe(true);
  const notices: string[] = [];
  const second = await startCluster({ folder, settings: { fsync: 'off' }, onNotice: (line) => notices.push(line) });
  onTestFinished(() => second.stop());
  expect(isRunning(orphan)).toBe(false);
  expect(notices).toEqual([`an earlier start was killed and left its PostgreSQL running (pid ${orphan}): ending it`]);
  await connects(second.url);
});

test('a failure in the other process arrives with its code and its line', async () => {
  const folder = await temporaryFolder();
  const cluster = await spawnCluster({ folder, settings: { fsync: 'off' } });
  onTestFinished(() => cluster.stop());
  await expect(spawnCluster({ folder })).rejects.toMatchObject({
    code: 'folder_in_use',
    message: expect.stringContaining(`(under pid ${cluster.pid})`),
  });
});

test('a start that is given up leaves no process', async () => {
  const folder = await temporaryFolder();
  const giveUp = new AbortController();
  const starting = spawnCluster({ folder, signal: giveUp.signal });
  giveUp.abort();
  await expect(starting).rejects.toMatchObject({ code: 'stopped_while_starting' });
  await startCluster({ folder, settings: { fsync: 'off' } }).then((cluster) => cluster.stop());
});
