import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createToken } from '@orchestra/pause-core';
import { until } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { descendants } from './living-processes.ts';
import { RUN } from './orchestra.ts';
import { testOrchestra } from './test-orchestra.ts';

const running = testOrchestra();
const { run } = running;
const node = process.execPath;

/**
 * Runs a shell script as the command of a worker that has everything in its environment, and answers what it printed.
 */
async function asCommand(
  script: string,
  { env = {}, flags = [], cwd = running.folder }: { env?: Record<string, string>; flags?: string[]; cwd?: string } = {},
): Promise<string> {
  const skill = `escape-${crypto.randomUUID()}`;
  const {
    ids: [id = ''],
  } = await running.client.enqueue({ tasks: [{ skill, payload: {} }] });
  const worker = running.start(['worker', '--skill', skill, ...flags, '--', 'sh', '-c', script], { cwd, env });
  await until('its end', async () => (await running.client.task(id)).result !== null, 60_000);
  const { result } = await running.client.task(id);
  worker.child.kill('SIGTERM');
  await worker.ended();
  return String((result as { stdout?: unknown }).stdout);
}

async function everything(): Promise<Record<string, string>> {
  const workerToken = await createToken(running.database.pool, {
    name: `worker-${crypto.randomUUID()}`,
    role: 'worker',
    by: 'test',
  });
  await writeFile(join(running.folder, 'notices.yaml'), 'targets: [{ name: chat, kind: slack, url: env:CHAT_HOOK }]\n');
  const config = join(running.folder, 'config');
  await mkdir(join(config, 'orchestra'), { recursive: true });
  const profile = { url: running.ready.pause_api, tasks_url: running.ready.worker_claimer, token: running.token };
  await writeFile(
    join(config, 'orchestra', 'config.json'),
    JSON.stringify({ current: 'prod', profiles: { prod: profile } }),
    { mode: 0o600 },
  );
  return {
    ORCHESTRA_TOKEN: workerToken,
    ORCHESTRA_URL: running.ready.pause_api,
    ORCHESTRA_TASKS_URL: running.ready.worker_claimer,
    DATABASE_URL: running.database.url,
    LISTEN_DATABASE_URL: running.database.url,
    PGPASSWORD: 'of-the-database',
    PGHOST: '127.0.0.1',
    ORCHESTRA_NOTICES: join(running.folder, 'notices.yaml'),
    CHAT_HOOK: 'https://chat.example/secret-hook',
    SIGNING_KEY: `whsec_${'k'.repeat(44)}`,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=of-the-collector',
    BACKUP_TOKEN: running.token,
    XDG_CONFIG_HOME: config,
    HARMLESS: 'stays',
  };
}

test('what a worker runs cannot lift a pause: not by home, profile or database, wherever it looks for them', async () => {
  await running.client.pause({ scope_kind: 'agent', scope_value: 'escapee', reason: 'runaway' });
  const orchestra = `${node} ${RUN}`;
  const said = await asCommand(
    `
    ${orchestra} senate unpause agent escapee 2>&1
    ${orchestra} senate unpause agent escapee --direct 2>&1
    ${orchestra} senate unpause agent escapee --profile prod 2>&1
    XDG_CONFIG_HOME=${join(running.folder, 'config')} ${orchestra} senate unpause agent escapee 2>&1`,
    { env: await everything() },
  );
  expect(said).toMatch(/no token was found/);
  expect(said).toMatch(/no database is searched for/);
  expect(said).toMatch(/profiles are not used inside a command/);
  expect(said).not.toMatch(/orc_/);
  expect((await running.client.pauses({ scope_kind: 'agent', scope_value: 'escapee' })).pauses).toMatchObject([
    { cleared_at: null },
  ]);
});

test.runIf(process.platform === 'linux')(
  'what a worker runs reads no secret in its environment, or in that of the worker',
  async () => {
    const env = await everything();
    const said = await asCommand('env; tr "\\0" "\\n" < /proc/$PPID/environ; ls -l /proc/$PPID/fd', { env });
    expect(said).toContain('HARMLESS=stays');
    for (const secret of [
      env['ORCHESTRA_TOKEN'] ?? '',
      running.token,
      running.database.url,
      'of-the-database',
      'secret-hook',
      'whsec_',
      'of-the-collector',
    ]) {
      expect(said).not.toContain(secret);
    }
  },
);

test('a command is given what --env names', async () => {
  const env = { ORCHESTRA_MINE: 'handed on' };
  expect(await asCommand('env', { env, flags: ['--env', 'ORCHESTRA_MINE', '--env', 'PGHOST=elsewhere'] })).toMatch(
    /ORCHESTRA_MINE=handed on[\s\S]*PGHOST=elsewhere|PGHOST=elsewhere[\s\S]*ORCHESTRA_MINE=handed on/,
  );
  expect(await run(['worker', '--env', 'ORCHESTRA_NOWHERE', '--', 'true'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('not set here'),
  });
});

test('a worker finds its token in a profile and in a file, and shows it nowhere', async () => {
  const config = (await everything())['XDG_CONFIG_HOME'] ?? '';
  for (const env of [
    { ORCHESTRA_HOME: '', XDG_CONFIG_HOME: config },
    {
      ORCHESTRA_HOME: '',
      ORCHESTRA_URL: running.ready.pause_api,
      ORCHESTRA_TASKS_URL: running.ready.worker_claimer,
      ORCHESTRA_TOKEN_FILE: running.ready.token_file,
    },
  ]) {
    expect(await asCommand('env', { env, cwd: '/' })).not.toContain(running.token);
  }
});

test.runIf(process.platform === 'linux')(
  'no process of `orchestra up` shows the password of its database, or a secret that it was given',
  async () => {
    const shown = await Promise.all(
      (await descendants(running.pid)).map(({ pid }) => readFile(`/proc/${pid}/environ`, 'utf8')),
    );
    expect(shown.length).toBeGreaterThanOrEqual(3);
    for (const environment of [...shown, await readFile(`/proc/${running.pid}/environ`, 'utf8')])
      expect(environment).not.toContain('postgresql://');
  },
);
