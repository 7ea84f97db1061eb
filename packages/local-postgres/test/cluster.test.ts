import { readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { startCluster, type Cluster, type ClusterOptions } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const settings = { fsync: 'off' };

async function started(options: ClusterOptions): Promise<Cluster> {
  const cluster = await startCluster({ settings, ...options });
  onTestFinished(() => cluster.stop());
  return cluster;
}

async function ask<Row extends pg.QueryResultRow>(url: string, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}

test('a second start finds its data again', async () => {
  const folder = await temporaryFolder();
  const first = await startCluster({ folder, settings });
  await ask(first.url, "create table kept as select 'yes' as still_there");
  await first.stop();
  await first.ended;
  const second = await started({ folder });
  expect(await ask(second.url, 'select still_there from kept')).toEqual([{ still_there: 'yes' }]);
});

test('a server that was killed with SIGKILL recovers at the next start', async () => {
  const folder = await temporaryFolder();
  const first = await startCluster({ folder, settings });
  await ask(first.url, "create table kept as select 'yes' as still_there");
  const postmaster = Number.parseInt(await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8'), 10);
  process.kill(postmaster, 'SIGKILL');
  await first.ended;
  await first.stop();
  const second = await started({ folder });
  expect(await ask(second.url, 'select still_there from kept')).toEqual([{ still_there: 'yes' }]);
});

test('of two starts in one folder at once, one works and the other says in one line who has it', async () => {
  const folder = await temporaryFolder();
  const results = await Promise.allSettled([startCluster({ folder, settings }), startCluster({ folder, settings })]);
  const works = results.filter((result) => result.status === 'fulfilled');
  for (const { value } of works) onTestFinished(() => value.stop());
  expect(works).toHaveLength(1);
  const failure: unknown = results.find((result) => result.status === 'rejected')?.reason;
  expect(failure).toMatchObject({
    code: 'folder_in_use',
    message:
      `the database in ${folder} is already running (under pid ${process.pid}): stop that one first, or ` +
      'use another folder',
  });
});

test('a port that is taken is named', async () => {
  const occupant = createServer();
  await new Promise<void>((resolve) => {
    occupant.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    occupant.close();
  });
  const { port } = occupant.address() as AddressInfo;
  const folder = await temporaryFolder();
  await expect(startCluster({ folder, settings, port })).rejects.toMatchObject({
    code: 'port_taken',
    message: `port ${port} on 127.0.0.1 is taken`,
  });
  // Nothing is left of the failed start: the folder is free again.
  await started({ folder });
});

test('a server that does not come up tells its last words', async () => {
  const folder = await temporaryFolder();
  await expect(startCluster({ folder, settings: { shared_buffers: 'plenty' } })).rejects.toMatchObject({
    code: 'did_not_start',
    message: expect.stringContaining('invalid value for parameter "shared_buffers"'),
  });
});

test('a start that is given up leaves the folder to the next one', async () => {
  const folder = await temporaryFolder();
  const giveUp = new AbortController();
  const starting = startCluster({ folder, settings, signal: giveUp.signal });
  giveUp.abort();
  await expect(starting).rejects.toMatchObject({ code: 'stopped_while_starting' });
  await started({ folder });
});

test('a lost password is told as such, and the data are left alone', async () => {
  const folder = await temporaryFolder();
  await (await startCluster({ folder, settings })).stop();
  await rm(join(folder, 'password'));
  await expect(startCluster({ folder, settings })).rejects.toMatchObject({ code: 'password_lost' });
});
