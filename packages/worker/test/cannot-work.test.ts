// A worker that cannot work says why: `start()` rejects where the service refuses it, and trouble that lasts is told
// on stderr.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createToken, revokeToken } from '@orchestra/pause-core';
import { FaultProxy, until } from '@orchestra/testkit';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createWorker, type WorkerOptions } from '../src/index.ts';
import { fresh, startOrchestra } from './orchestra.ts';

const orchestra = startOrchestra();

/** A worker to which nobody listens, and what it warns of. */
function lonely(options: Partial<WorkerOptions> = {}) {
  const warned: string[] = [];
  const worker = createWorker({
    url: orchestra.toClaimer.url,
    pauseUrl: orchestra.toPauseApi.url,
    token: orchestra.workerToken,
    handlers: { [fresh('lonely')]: async () => {} },
    warn: (line) => warned.push(line),
    ...options,
  });
  onTestFinished(() => worker.stop({ drainMs: 0 }));
  return { worker, warned };
}

const tokenOf = (role: 'viewer' | 'source' | 'operator' | 'worker', labels: { agents: string[] } | null = null) =>
  createToken(orchestra.db.pool, { name: fresh(role), role, labels, by: 'test' });

describe('start() rejects', () => {
  test('without a token, before anybody is asked', async () => {
    vi.stubEnv('ORCHESTRA_TOKEN', '');
    vi.stubEnv('ORCHESTRA_HOME', '/nowhere');
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const { worker } = lonely({ token: undefined });
    await expect(worker.start()).rejects.toMatchObject({
      name: 'CannotWork',
      code: 'no_token',
      status: undefined,
      message: expect.stringMatching(/ORCHESTRA_TOKEN_FILE.*`npx orchestra-brake token create NAME --role worker`/),
    });
  });

  test('with a token that is not known, and says where it came from; again when it is called again', async () => {
    const { worker, warned } = lonely({ token: `orc_${'x'.repeat(43)}` });
    const first = worker.start();
    await expect(first).rejects.toMatchObject({ code: 'unauthenticated', status: 401, cause: { name: 'ApiError' } });
    await expect(first).rejects.toThrow(
      /worker-claimer at http:\/\/127\.0\.0\.1:\d+\/? \(from the option url\) does not know the token \(from the option token\)/,
    );
    await expect(worker.start()).rejects.toThrow('does not know the token');
    await worker.stop();
    expect(warned).toEqual([]);
  });

  test('with a token that was revoked', async () => {
    const name = fresh('revoked');
    const token = await createToken(orchestra.db.pool, { name, role: 'worker', by: 'test' });
    await revokeToken(orchestra.db.pool, { name, by: 'test' });
    await expect(lonely({ token }).worker.start()).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test.each(['viewer', 'source', 'operator'] as const)(
    'with the role %s, and names the one that it needs',
    async (role) => {
      const { worker } = lonely({ token: await tokenOf(role), origins: { token: { kind: 'profile', name: 'prod' } } });
      await expect(worker.start()).rejects.toMatchObject({
        code: 'forbidden',
        status: 403,
        message: expect.stringMatching(
          new RegExp(`from the profile prod\\).*needs role worker \\(.* is an? ${role}\\).*a token of the role worker`),
        ),
      });
    },
  );

  test('with a token for other labels', async () => {
    const { worker } = lonely({ token: await tokenOf('worker', { agents: ['skeptic'] }), agents: ['librarian'] });
    await expect(worker.start()).rejects.toMatchObject({
      code: 'label_not_allowed',
      message: expect.stringMatching(/agents "skeptic" alone.*"librarian"/),
    });
  });

  test('also where nothing is claimed before the pauses are known', async () => {
    const { worker } = lonely({ token: `orc_${'y'.repeat(43)}`, onUnknown: 'stop' });
    await expect(worker.start()).rejects.toThrow(/pause-api at .* does not know the token/);
  });

  test('with a wrong token also after too many wrong ones from its address', async () => {
    const { worker } = lonely({
      url: await serve((_request, response) => {
        const refusal = {
          type: 'urn:x',
          title: 'x',
          status: 429,
          code: 'too_many_sign_ins',
          detail: 'too many wrong tokens',
        };
        response.writeHead(429, { 'content-type': 'application/problem+json' }).end(JSON.stringify(refusal));
      }),
    });
    await expect(worker.start()).rejects.toMatchObject({ name: 'CannotWork', code: 'unauthenticated', status: 429 });
  });

  test('where something in front of the service refuses it', async () => {
    const { worker } = lonely({
      url: await serve((_request, response) => {
        response.writeHead(403).end('<h1>Forbidden</h1>');
      }),
    });
    await expect(worker.start()).rejects.toMatchObject({
      code: 'refused_elsewhere',
      message: expect.stringContaining('answers 403 with "<h1>Forbidden</h1>"'),
    });
  });
});

describe('trouble that lasts is told, and the worker goes on', () => {
  test('each in its own words: the address, where it came from, and what to do', async () => {
    const closed = await closedPort();
    const silent = await FaultProxy.before(orchestra.toClaimer.url);
    onTestFinished(() => silent.close());
    silent.blackhole();
    const html = await serve((_request, response) => {
      response.writeHead(404).end('<h1>nginx</h1>');
    });
    const workers = {
      closed: lonely({
        url: closed,
        origins: { tasksUrl: { kind: 'file', name: '/project/.orchestra/services.json' } },
      }),
      silent: lonely({ url: silent.url }),
      html: lonely({ url: html, origins: { tasksUrl: { kind: 'variable', name: 'ORCHESTRA_TASKS_URL' } } }),
      otherService: lonely({ url: orchestra.toPauseApi.url }),
      notTls: lonely({ url: orchestra.toClaimer.url.replace('http:', 'https:') }),
      blind: lonely({ pauseUrl: closed, origins: { url: { kind: 'default', name: closed } } }),
      careful: lonely({ pauseUrl: closed, onUnknown: 'stop' }),
    };
    // One that is not answered waits longer than it takes until it is told.
    for (const { worker } of Object.values(workers)) void worker.start();
    // On a busy machine a claim may be answered late, which is told as well.
    const saying = (one: { warned: string[] }, pattern: RegExp) =>
      until(`a warning like ${pattern}`, () => one.warned.find((line) => pattern.test(line)));
    expect(
      await saying(
        workers.closed,
        new RegExp(
          `^nothing can be claimed: worker-claimer at ${closed} \\(from /project/.orchestra/services.json\\) ` +
            `cannot be reached \\(connect ECONNREFUSED .*\\); start .npx orchestra-brake up. again.*or set ` +
            'ORCHESTRA_TASKS_URL',
        ),
      ),
    ).toBeTruthy();
    expect(await saying(workers.silent, /\(from the option url\) does not answer; .*by the option url/)).toBeTruthy();
    expect(
      await saying(
        workers.html,
        /answers 404 with "<h1>nginx<\/h1>", as Orchestra does not; .*set ORCHESTRA_TASKS_URL/,
      ),
    ).toBeTruthy();
    expect(await saying(workers.otherService, /is another service of Orchestra/)).toBeTruthy();
    expect(await saying(workers.notTls, /ERR_SSL_WRONG_VERSION_NUMBER.*try http:\/\//)).toBeTruthy();
    expect(
      await saying(
        workers.blind,
        new RegExp(
          `^the pauses cannot be read: pause-api at ${closed} \\(the default address\\) .*set ORCHESTRA_URL.*; ` +
            'until then checkpoints stop for no pause$',
        ),
      ),
    ).toBeTruthy();
    expect(
      await saying(workers.careful, /^the pauses cannot be read: .*; until then nothing is claimed$/),
    ).toBeTruthy();
  });

  test('once, and once more when it is over; then it works', async () => {
    const skill = fresh('back');
    orchestra.toClaimer.refuse();
    const { worker, warned } = lonely({ handlers: { [skill]: async () => 'done' } });
    await worker.start();
    await until('the warning', () => warned.some((line) => line.includes('breaks the connection off')));
    orchestra.toClaimer.pass();
    const {
      ids: [id = ''],
    } = await orchestra.admin.enqueue({ skill });
    await until('the task is done', async () => (await orchestra.admin.task(id)).status === 'succeeded');
    expect(warned.filter((line) => /^nothing can be claimed: .*breaks the connection off/.test(line))).toHaveLength(1);
    expect(warned.filter((line) => line === 'claims are answered again')).toHaveLength(1);
  });

  test('a token that is revoked while the worker runs', async () => {
    const name = fresh('short-lived');
    const token = await createToken(orchestra.db.pool, { name, role: 'worker', by: 'test' });
    const { worker, warned } = lonely({ token, waitSeconds: 0.2 });
    await worker.start();
    await revokeToken(orchestra.db.pool, { name, by: 'test' });
    await until('the warning', () => warned.length > 0);
    expect(warned).toContainEqual(
      expect.stringMatching(/^nothing can be claimed: .* or it has expired or was revoked; /),
    );
  });
});

test('a worker that finds the admin’s token works, and says that it should have one of its own; one that does not hand it on says nothing', async () => {
  const admins = { origins: { token: { kind: 'file' as const, name: '/project/.orchestra/admin-token' } } };
  const workers = [lonely(admins), lonely({ ...admins, isTokenWithheld: true })];
  for (const { worker } of workers) await worker.start();
  expect(workers.map(({ warned }) => warned)).toEqual([
    [
      expect.stringMatching(
        /^this worker has the admin's token \(from .*admin-token\).*token create NAME --role worker.*ORCHESTRA_TOKEN_FILE$/,
      ),
    ],
    [],
  ]);
});

describe('a process', () => {
  test('whose worker nobody listens to says it on stderr', async () => {
    const url = await closedPort();
    const worker = workerProcess({
      ORCHESTRA_TASKS_URL: url,
      ORCHESTRA_URL: url,
      ORCHESTRA_TOKEN: orchestra.workerToken,
    });
    const told = await until(
      'a warning',
      () => /cannot be reached.*\n/.test(worker.stderr()) && worker.stderr(),
      30_000,
    );
    expect(told).toMatch(
      new RegExp(
        `^worker alone: nothing can be claimed: worker-claimer at ${url} \\(from ORCHESTRA_TASKS_URL\\) ` +
          `cannot be reached .*, or set ORCHESTRA_TASKS_URL to its address; .*\\n$`,
        'm',
      ),
    );
  });

  test('that listens to claim-failed says nothing on stderr', async () => {
    const url = await closedPort();
    const worker = workerProcess({
      ORCHESTRA_TASKS_URL: url,
      ORCHESTRA_URL: url,
      ORCHESTRA_TOKEN: orchestra.workerToken,
      LISTEN: 'claim-failed',
    });
    // Its waits double from 250 ms: the fifth failure is later than the time after which it would be said.
    await until('failures', () => worker.stdout().split('\n').length > 6);
    expect(worker.stderr()).toBe('');
  });

  test('that awaits start() ends with the reason, and with nothing left that keeps it alive', async () => {
    const worker = workerProcess({
      ORCHESTRA_TASKS_URL: orchestra.toClaimer.url,
      ORCHESTRA_URL: orchestra.toPauseApi.url,
      ORCHESTRA_TOKEN: `orc_${'z'.repeat(43)}`,
      CATCH: '1',
    });
    expect(await worker.ended).toBe(0);
    expect(worker.stdout()).toMatch(/^unauthenticated: .*\(from ORCHESTRA_TOKEN\)/);
  });
});

function workerProcess(env: Record<string, string>) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('fixture-lonely-worker.ts', import.meta.url))], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].on('data', (bytes) => {
      said[stream] += String(bytes);
    });
  const ended = once(child, 'close').then(([code]: unknown[]) => code);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { stdout: () => said.stdout, stderr: () => said.stderr, ended };
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer((request, response) => {
    void text(request).then(() => listener(request, response));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An address at which nobody listens. */
async function closedPort(): Promise<string> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}
