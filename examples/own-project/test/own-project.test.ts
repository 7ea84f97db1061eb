// Somebody follows docs/your-own-project.md in an empty folder, with the packages as npm installs them.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient, type Client } from '@orchestra-brake/client';
import { installedPackages, testDatabase, until } from '@orchestra/testkit';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ROOT } from '../../../packages/cli/test/document.ts';
import { BLOCKS, FILES, Project } from './page.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 600_000 });

const database = testDatabase({ empty: true });
const SOURCES = join(ROOT, 'examples/own-project/src');
const TEXTS = Array.from({ length: 15 }, (_, index) => 'x'.repeat(index));
const LENGTHS = TEXTS.map((one) => one.length);

let project: Project;
let admin: Client;

beforeAll(async () => {
  project = new Project((await installedPackages()).folder);
  await project.start({
    DATABASE_URL: database.url,
    PAUSE_API_PORT: '0',
    WORKER_CLAIMER_PORT: '0',
    ALERT_CASCADE_PORT: '0',
  });
  admin = clientOf(await readFile(project.ready.token_file, 'utf8'));
});
afterAll(() => project?.stop());

const clientOf = (token: string): Client =>
  createClient({ url: project.ready.pause_api, tasksUrl: project.ready.worker_claimer, token: token.trim() });
const story = async (id: string): Promise<string[]> => (await admin.taskEvents(id)).events.map(({ kind }) => kind);
const hasStatus = (id: string, status: string) =>
  until(`task ${id} is ${status}`, async () => (await admin.task(id)).status === status, 90_000);

async function add(agent: string, payload: Record<string, unknown> = { texts: TEXTS }): Promise<string> {
  const {
    ids: [id = ''],
  } = await admin.enqueue({ agent_id: agent, skill: 'measure', payload, max_attempts: 1 });
  return id;
}

test('the page has each file of the example as it is, and none has to do with the admin token', () => {
  expect(Object.fromEntries(FILES)).toEqual(
    Object.fromEntries(readdirSync(SOURCES).map((name) => [name, readFileSync(join(SOURCES, name), 'utf8')])),
  );
  expect([...FILES.values()].join('')).not.toMatch(/admin/);
  for (const { code } of BLOCKS.filter(({ how }) => how === 'in the background'))
    expect(code).toMatch(/^ORCHESTRA_TOKEN_FILE=\w+-token /m);
});

test('the worker in TypeScript type-checks with the packages’ own types', async () => {
  const config = {
    compilerOptions: {
      strict: true,
      skipLibCheck: false,
      noEmit: true,
      module: 'nodenext',
      target: 'es2024',
      noUncheckedIndexedAccess: true,
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules/@types')],
    },
    files: ['worker.mts'],
  };
  await writeFile(join(project.folder, 'tsconfig.json'), JSON.stringify(config));
  const checked = await promisify(execFile)(process.execPath, [
    join(ROOT, 'node_modules/typescript/bin/tsc'),
    '-p',
    project.folder,
  ]).catch((error: { stdout: string }) => error);
  expect(checked.stdout).toBe('');
});

describe('the page', () => {
  test.each(BLOCKS)('$title', async (block) => {
    if (block.how === 'in the background') {
      project.leaveRunning(block);
      return;
    }
    const { prints = '', exits } = block;
    const asSaid = { code: exits, output: expect.stringContaining(prints) };
    if (block.how === 'once') {
      expect(await project.run(block.code)).toEqual(asSaid);
      return;
    }
    const ended = await until(
      `${block.title} prints ${prints}`,
      async () => {
        const again = await project.run(block.code);
        return again.output.includes(prints) ? again : undefined;
      },
      120_000,
    );
    expect(ended).toEqual(asSaid);
  });

  test('has a worker for each agent, with a token of its own that only its owner may read', async () => {
    await until(
      'all tasks are done',
      async () => (await admin.tasks()).tasks.every(({ status }) => status === 'succeeded'),
      120_000,
    );
    for (const agent of ['skeptic', 'librarian', 'scribe', 'courier'])
      expect(statSync(join(project.folder, `${agent}-token`)).mode & 0o777).toBe(0o600);
    const { rows } = await database.pool.query<{ name: string; used: boolean }>(
      "select t.name, t.last_used_at is not null as used from api_tokens t where t.role = 'worker' order by t.name",
    );
    expect(rows).toEqual(
      ['courier', 'librarian', 'scribe', 'skeptic'].map((agent) => ({ name: `${agent}-worker`, used: true })),
    );
  });
});

describe('under a pause', () => {
  test.each([
    ['worker.mts', 'skeptic'],
    ['worker.mjs', 'librarian'],
    ['worker.py', 'scribe'],
  ])('%s puts its task back at a checkpoint, and goes on there', async (_file, agent) => {
    const id = await add(agent);
    let cursor: unknown = null;
    // The pause may come before the first text.
    for (let round = 0; round < 10 && lengthsOf(cursor).length === 0; round++) {
      await hasStatus(id, 'running');
      await admin.pause({ scope_kind: 'agent', scope_value: agent, reason: 'runaway loop' });
      await hasStatus(id, 'queued');
      ({ cursor } = await admin.task(id));
      expect(await admin.unpause({ scope_kind: 'agent', scope_value: agent })).toMatchObject({ cleared: [{}] });
    }
    await hasStatus(id, 'succeeded');
    expect(LENGTHS.slice(0, lengthsOf(cursor).length)).toEqual(lengthsOf(cursor));
    expect(lengthsOf(cursor).length).toBeGreaterThan(0);
    expect(await admin.task(id)).toMatchObject({ result: { lengths: LENGTHS }, attempt: 1 });
    expect((await story(id)).filter((kind) => kind === 'released').length).toBeGreaterThan(0);
  });

  test('orchestra worker -- python3 agent.py lets what runs finish, and starts nothing', async () => {
    const first = await add('courier');
    await hasStatus(first, 'running');
    await admin.pause({ scope_kind: 'agent', scope_value: 'courier', reason: 'runaway loop' });
    const second = await add('courier');
    await hasStatus(first, 'succeeded');
    expect(await admin.task(second)).toMatchObject({ status: 'queued', run_id: null });
    await admin.unpause({ scope_kind: 'agent', scope_value: 'courier' });
    await hasStatus(second, 'succeeded');
    expect(await admin.task(second)).toMatchObject({
      result: { exit_code: 0, stdout: expect.stringContaining("courier: 'xxx' has 3 characters") },
    });
  });
});

describe('worker.py', () => {
  const startOne = async (agent: string, token?: string) => {
    if (token === undefined)
      await project.run(
        `npx orchestra-brake token create ${agent}-worker --role worker --agent ${agent} --file ${agent}-token`,
      );
    return project.going(
      'exec python3 worker.py',
      token === undefined ? { ORCHESTRA_TOKEN_FILE: `${agent}-token` } : { ORCHESTRA_TOKEN: token },
    );
  };

  test('drops what it has done when its run belongs to somebody else by then (409), and goes on with the next task', async () => {
    const worker = await startOne('rival');
    const mine = clientOf(await readFile(join(project.folder, 'rival-token'), 'utf8'));
    const id = await add('rival');
    await hasStatus(id, 'running');
    const { run_id } = await mine.task(id);
    await mine.fail(id, { run_id: String(run_id), error: 'taken away', retry: false });
    await until('it has noticed', () => worker.said.includes(`task ${id}: lost`), 60_000);
    const next = await add('rival', { texts: ['four'] });
    await hasStatus(next, 'succeeded');
    expect(await admin.task(id)).toMatchObject({ status: 'failed', result: null });
    await worker.stop();
  });

  test('tells the error of a task that it cannot do, and puts back what it is doing when it is stopped', async () => {
    const worker = await startOne('clumsy');
    const broken = await add('clumsy', { words: [] });
    await hasStatus(broken, 'failed');
    expect((await admin.taskEvents(broken)).events.at(-1)).toMatchObject({
      kind: 'failed',
      data: { error: "KeyError: 'texts'" },
    });
    const id = await add('clumsy');
    await hasStatus(id, 'running');
    await worker.stop();
    expect(worker.child.exitCode).toBe(0);
    expect(await admin.task(id)).toMatchObject({ status: 'queued' });
    expect((await story(id)).at(-1)).toBe('released');
  });

  test('says what to set when it has no token', async () => {
    expect(await project.run('python3 worker.py')).toEqual({
      code: 1,
      output: "set ORCHESTRA_TOKEN_FILE to the file with the worker's token\n",
    });
  });

  test('ends with what the service says when its token is refused', async () => {
    const worker = await startOne('stranger', `orc_${'x'.repeat(43)}`);
    await worker.ended;
    expect(worker.child.exitCode).toBe(1);
    expect(worker.said).toMatch(/answers 401: .*unauthenticated/);
  });
});

function lengthsOf(cursor: unknown): unknown[] {
  return typeof cursor === 'object' && cursor !== null && 'lengths' in cursor && Array.isArray(cursor.lengths)
    ? cursor.lengths
    : [];
}
