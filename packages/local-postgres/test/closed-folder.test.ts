// A clone under /root, or in a folder that `mktemp -d` made: root can enter it, the user that PostgreSQL runs as
// cannot.
import { chmod, cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { packagedBinaries, program } from '../src/binaries.ts';
import { startCluster } from '../src/index.ts';
import { runProgram } from '../src/run-program.ts';
import { runnableBinaries } from '../src/runnable-binaries.ts';
import { serverUser } from '../src/system-user.ts';
import { temporaryFolder } from './temporary-folder.ts';

const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)('as root, in a folder that others may not enter (skipped unless run by root)', () => {
  test('the database is kept in an open place, is found again there, and a line says where', async () => {
    const folder = await temporaryFolder(0o700);
    const notices: string[] = [];
    const onNotice = (line: string): void => {
      notices.push(line);
    };
    const first = await startCluster({ folder, settings: { fsync: 'off' }, onNotice });
    const place = (await readFile(join(folder, 'data-is-in'), 'utf8')).trim();
    onTestFinished(() => rm(place, { recursive: true, force: true }));
    expect(notices).toEqual([`the user postgres may not enter ${folder}: the database is kept in ${place}`]);
    await query(first.url, 'create table kept (n int)');
    await first.stop();
    // Opening the folder later must not make the data seem gone.
    await chmod(folder, 0o755);
    const second = await startCluster({ folder, settings: { fsync: 'off' }, onNotice });
    onTestFinished(() => second.stop());
    await query(second.url, 'select n from kept');
    expect(notices).toHaveLength(1);
  });

  test('a database that can no longer be reached is told as such, never begun anew', async () => {
    const folder = await temporaryFolder();
    await startCluster({ folder, settings: { fsync: 'off' } }).then((cluster) => cluster.stop());
    await chmod(folder, 0o700);
    await expect(startCluster({ folder })).rejects.toMatchObject({ code: 'data_not_reachable' });
  });

  test('programs that the user cannot run are copied once to where it can', async () => {
    const closed = await temporaryFolder(0o700);
    const packaged = await packagedBinaries();
    await cp(packaged.folder, join(closed, 'native'), { recursive: true, verbatimSymlinks: true });
    const from = { version: `test-${process.pid}`, folder: join(closed, 'native') };
    const user = await serverUser();
    const notices: string[] = [];
    const copy = await runnableBinaries(user, (line) => notices.push(line), from);
    onTestFinished(() => rm(copy.folder, { recursive: true, force: true }));
    await runnableBinaries(user, (line) => notices.push(line), from);
    expect(notices).toEqual([expect.stringContaining(`copying PostgreSQL to ${copy.folder}`)]);
    const answer = await runProgram(program(copy, 'initdb'), ['--version'], { user, timeoutMs: 30_000 });
    expect(answer).toEqual({ code: 0, output: expect.stringContaining('PostgreSQL') });
  });
});

async function query(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}
