// The example as its page says: two programs, a role that reads no table, and a pause by SQL.
import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { workerGrants } from '@orchestra/database';
import { testDatabase, until } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

const SOURCES = join(import.meta.dirname, '../src');
const ROOT = join(import.meta.dirname, '../../..');
const ROLE = `orchestra_test_example_${process.pid}`;
const db = testDatabase();
let env: NodeJS.ProcessEnv;
let worker: ChildProcessByStdio<null, Readable, null>;
let said = '';

beforeAll(async () => {
  await db.pool.query(`create role ${ROLE} login password 'choose-another'`);
  for (const grant of workerGrants(ROLE)) await db.pool.query(grant);
  const address = new URL(db.url);
  address.username = ROLE;
  address.password = 'choose-another';
  env = { PATH: process.env['PATH'], DATABASE_URL: address.href, WAIT_MS: '20' };
  worker = spawn(process.execPath, [join(SOURCES, 'worker.mjs')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  worker.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await until('the worker is ready', () => said.includes('ready\n'));
});
afterAll(async () => {
  if (worker.exitCode === null) worker.kill('SIGKILL');
  await db.pool.query(`drop owned by ${ROLE}`);
  await db.pool.query(`drop role ${ROLE}`);
});

const add = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, [join(SOURCES, 'add.mjs'), ...args], { env })).stdout.trim();
const greetings = (agent: string): string[] =>
  [...said.matchAll(new RegExp(`^${agent} greets (.*)$`, 'gm'))].map((match) => match[1] ?? '');

test('docs/direct.md prints the list of grants', () => {
  const page = readFileSync(join(ROOT, 'docs/direct.md'), 'utf8');
  const [block] = [...page.matchAll(/```sql\n(create role orchestra_worker[^]*?)```/g)].map((match) => match[1] ?? '');
  const statements = (block ?? '')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement.startsWith('grant'));
  expect(statements).toEqual(workerGrants('orchestra_worker'));
});

test('P4 it greets; paused by SQL it stops before the next name, and goes on there when the pause is lifted', async () => {
  const names = Array.from({ length: 200 }, (_, n) => `name ${n}`);
  const id = await add('skeptic', ...names);
  await until('it greets', () => greetings('skeptic').length > 0);
  await db.pool.query(
    "insert into senate_pause (scope_kind, scope_value, reason) values ('agent', 'skeptic', 'too loud')",
  );
  await until('it stops', () => said.includes(`task ${id} stops: agent skeptic is paused: too loud\n`));
  const before = greetings('skeptic').length;
  const other = await add('optimist', 'Ada');
  await until('another agent goes on', () => said.includes(`task ${other} is done: {"greeted":1}\n`));
  expect(greetings('skeptic').length).toBe(before);
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'dana' where scope_value = 'skeptic'");
  await until('all are greeted', () => said.includes(`task ${id} is done: {"greeted":200}\n`));
  expect(greetings('skeptic')).toEqual(names);
});

test('Ctrl-C ends it', async () => {
  const exited = once(worker, 'exit');
  worker.kill('SIGINT');
  expect(await exited).toEqual([0, null]);
});
