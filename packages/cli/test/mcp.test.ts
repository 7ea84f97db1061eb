// The official SDK's client against `orchestra mcp`, over stdio and streamable HTTP.
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { createClient, type Client as OrchestraClient } from '@orchestra-brake/client';
import { startService } from '@orchestra/pause-api';
import { createToken, revokeToken } from '@orchestra/pause-core';
import type { Role } from '@orchestra/pause-core/contract';
import type { RunningService } from '@orchestra/service-shell';
import { enqueueTasks } from '@orchestra/task-queue';
import { newTask } from '@orchestra/task-queue/contract';
import { FaultProxy, testDatabase, until } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { RUN } from './orchestra.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const FIXTURE = fileURLToPath(new URL('./mcp-fixture-server.ts', import.meta.url));
const database = testDatabase();
let service: RunningService;
let operator: OrchestraClient;
let made = 0;

beforeAll(async () => {
  service = await startService({
    databaseUrl: database.url,
    listenDatabaseUrl: database.url,
    host: '127.0.0.1',
    port: 0,
    logLevel: 'silent',
  });
  operator = createClient({ url: service.url, tasksUrl: service.url, token: await token('operator') });
});
afterAll(() => service.stop());

const token = (role: Role): Promise<string> =>
  createToken(database.pool, { name: `${role}-${++made}`, role, by: 'test' });

async function environment(role: Role, url = service.url): Promise<Record<string, string>> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: '/',
    ORCHESTRA_URL: url,
    ORCHESTRA_TASKS_URL: url,
    ORCHESTRA_TOKEN: await token(role),
  };
}

/** A client of what `orchestra mcp …` serves over stdio. */
async function overStdio(args: readonly string[], env: Record<string, string>): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [RUN, 'mcp', ...args], env, stderr: 'ignore' }),
  );
  onTestFinished(() => client.close());
  return client;
}

/** What a process says first on one of its streams. */
async function says(child: ChildProcess, stream: 'stdout' | 'stderr', pattern: RegExp): Promise<string> {
  let text = '';
  child[stream]?.on('data', (bytes) => {
    text += String(bytes);
  });
  onTestFinished(() => {
    child.kill();
  });
  return until(`${pattern} of a process`, () => pattern.exec(text)?.[0], 60_000);
}

async function answerOf(client: Client): Promise<{ isError: unknown; text: string }> {
  const answer = await client.callTool({ name: 'work' });
  const [first] = answer.content as { text: string }[];
  return { isError: answer.isError ?? false, text: first?.text ?? '' };
}

const calls = (text: string): unknown => JSON.parse(text);

test('the gateway over stdio passes a call only while nothing of it is paused, and gives the server no token', async () => {
  const client = await overStdio(
    ['gateway', '--agent', 'skeptic', '--actor', 'acct-7', '--', process.execPath, FIXTURE],
    await environment('agent'),
  );
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['work']);
  expect(calls((await answerOf(client)).text)).toEqual({ calls: 1, secrets: [] });
  for (const [scope_kind, scope_value] of [
    ['agent', 'skeptic'],
    ['skill', 'work'],
    ['actor', 'acct-7'],
  ] as const) {
    const { id } = await operator.pause({ scope_kind, scope_value, reason: 'runaway loop' });
    await until('the gateway knows', async () => (await operator.pausePage(id)).gates?.confirmed === 1);
    expect(await answerOf(client)).toEqual({
      isError: true,
      text: expect.stringContaining('Paused by an operator: runaway loop. This call was not made. Do not retry it'),
    });
    await until('the refusal is told', async () => (await operator.pausePage(id)).gates?.refused === 1);
    await operator.unpause({ id });
    await until('the call passes', async () => !(await answerOf(client)).isError);
  }
  await client.ping();
});

test('the gateway begins while pause-api is away, and refuses every call until it is known what is paused', async () => {
  const client = await overStdio(
    ['gateway', '--agent', 'skeptic', '--', process.execPath, FIXTURE],
    await environment('agent', 'http://127.0.0.1:9'),
  );
  expect((await client.listTools()).tools).toHaveLength(1);
  expect(await answerOf(client)).toEqual({
    isError: true,
    text: expect.stringContaining('what is paused could not be read yet'),
  });
});

test('the gateway over streamable HTTP, before a server that speaks it too', async () => {
  const upstream = spawn(process.execPath, [FIXTURE, 'http'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await says(upstream, 'stdout', /http:\S+/);
  const gateway = spawn(process.execPath, [RUN, 'mcp', 'gateway', '--agent', 'web', '--port', '0', '--url', url], {
    env: await environment('agent'),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const front = await says(gateway, 'stderr', /http:\/\/127\.0\.0\.1:\d+\/mcp/);
  const connect = async (): Promise<Client> => {
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL(front)));
    onTestFinished(() => client.close());
    return client;
  };
  const [one, two] = [await connect(), await connect()];
  expect(calls((await answerOf(one)).text)).toMatchObject({ calls: 1 });
  expect(calls((await answerOf(two)).text)).toMatchObject({ calls: 2 });
  await operator.pause({ scope_kind: 'agent', scope_value: 'web', reason: 'stop' });
  await until('the gateway knows', async () => (await answerOf(one)).isError === true);
  expect((await answerOf(two)).isError).toBe(true);
  await operator.unpause({ scope_kind: 'agent', scope_value: 'web' });
  await until('it passes again', async () => (await answerOf(two)).isError === false);
  // Another page of a browser cannot speak to it under another name.
  expect((await fetch(front, { method: 'POST', headers: { host: 'evil.example' }, body: '{}' })).status).not.toBe(200);
});

test('mcp serve offers what the role of the token may do, and pausing takes effect', async () => {
  const tools = async (role: Role): Promise<[Client, string[]]> => {
    const client = await overStdio(['serve'], await environment(role));
    return [client, (await client.listTools()).tools.map(({ name }) => name).toSorted()];
  };
  const [[agent, ofAgent], [worker, ofWorker], [, ofSource], [boss, ofOperator]] = await Promise.all([
    tools('agent'),
    tools('worker'),
    tools('source'),
    tools('operator'),
  ]);
  expect(ofAgent).toEqual(['check']);
  expect(ofWorker).toEqual(['check', 'pauses', 'why']);
  expect(ofSource).toEqual(['alert']);
  expect(ofOperator).toEqual(['alert', 'check', 'pause', 'pauses', 'unpause', 'why']);
  const call = async (
    client: Client,
    name: string,
    given: Record<string, unknown> = {},
  ): Promise<{ error: unknown; text: string }> => {
    const { content, isError } = await client.callTool({ name, arguments: given });
    return { error: isError ?? false, text: (content as { text: string }[])[0]?.text ?? '' };
  };
  expect(
    await call(boss, 'pause', {
      scope_kind: 'agent',
      scope_value: 'by-mcp',
      reason: 'asked by a person',
      ttl_seconds: 600,
    }),
  ).toMatchObject({ error: false, text: expect.stringContaining('"settled": true') });
  await until('the check knows', async () =>
    (await call(agent, 'check', { agent_id: 'by-mcp' })).text.includes('asked by a person'),
  );
  expect((await call(worker, 'pauses')).text).toContain('by-mcp');
  const [task = ''] = await enqueueTasks(database.pool, [newTask.parse({ agent_id: 'by-mcp', skill: 's' })], 'test');
  expect((await call(worker, 'why', { task_id: task })).text).toContain('"kind": "pause"');
  expect(await call(boss, 'alert', { kind: 'cost', ref_id: 'acct-1' })).toMatchObject({ error: false });
  expect(await call(worker, 'why', { task_id: '999999' })).toMatchObject({
    error: true,
    text: expect.stringContaining('task_not_found'),
  });
  expect(await call(boss, 'unpause', { scope_kind: 'agent', scope_value: 'by-mcp' })).toMatchObject({ error: false });
  expect(
    await call(agent, 'pause', { scope_kind: 'agent', scope_value: 'x', reason: 'r' }).catch(() => ({ error: true })),
  ).toMatchObject({ error: true });
});

/** The row of `mcp gateway`, and that of `mcp serve`, in the table of docs/gates.md. */
test('the service killed, the database gone, the token revoked: the gateway lets nothing begin; a lost notification costs five seconds', async () => {
  const proxy = await FaultProxy.before(database.url);
  onTestFinished(() => proxy.close());
  const start = (url: string): Promise<RunningService> =>
    startService({ databaseUrl: url, listenDatabaseUrl: url, host: '127.0.0.1', port: 0, logLevel: 'silent' });
  const [killed, cutOff] = await Promise.all([start(database.url), start(proxy.url)]);
  onTestFinished(() => cutOff.stop());
  const gateway = async (url: string, ...more: string[]): Promise<[Client, string]> => {
    const env = await environment('agent', url);
    return [
      await overStdio(['gateway', '--agent', 'faulty', ...more, '--', process.execPath, FIXTURE], env),
      `agent-${made}`,
    ];
  };
  const [gone] = await gateway(killed.url);
  const [away] = await gateway(cutOff.url);
  const [strict] = await gateway(cutOff.url, '--strict');
  const [revoked, revokedName] = await gateway(service.url);
  const [deaf] = await gateway(service.url);
  const serve = await overStdio(['serve'], await environment('agent', cutOff.url));
  const check = async (): Promise<string> => {
    const { content } = await serve.callTool({ name: 'check', arguments: { agent_id: 'faulty' } });
    return (content as { text: string }[])[0]?.text ?? '';
  };
  for (const client of [gone, away, strict, revoked, deaf]) expect((await answerOf(client)).isError).toBe(false);
  expect(await check()).toContain('"stale": false');

  await killed.stop();
  proxy.refuse();
  await revokeToken(database.pool, { name: revokedName, by: 'test' });
  // With `--strict` at once.
  expect(await answerOf(strict)).toEqual({ isError: true, text: expect.stringContaining('could not be asked') });
  for (const [client, why] of [
    [gone, 'what is paused could not be read lately'],
    [away, 'what is paused could not be read lately'],
    [revoked, 'may not read what is paused'],
  ] as const)
    await until(`it refuses: ${why}`, async () => (await answerOf(client)).text.includes(why), 60_000);
  await until('the tool says so', async () => (await check()).includes('"stale": true'), 60_000);
  proxy.pass();
  await until(
    'it passes again',
    async () => !(await answerOf(away)).isError && !(await answerOf(strict)).isError,
    60_000,
  );

  const connection = await database.pool.connect();
  try {
    // No trigger: no event, no notification.
    await connection.query('set session_replication_role = replica');
    await connection.query(
      `insert into senate_pause (scope_kind, scope_value, reason, paused_by, source)
         values ('agent', 'faulty', 'silent', 'test', 'sql')`,
    );
    await connection.query('set session_replication_role = origin');
  } finally {
    connection.release();
  }
  expect((await answerOf(strict)).text).toContain('silent');
  await until(
    'the others know',
    async () =>
      (await answerOf(deaf)).text.includes('silent') &&
      (await answerOf(away)).text.includes('silent') &&
      (await check()).includes('silent'),
    60_000,
  );
  await cutOff.stop();
  expect(await check()).toContain('cannot reach pause-api');
});
