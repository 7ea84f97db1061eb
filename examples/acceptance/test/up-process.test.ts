import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { environmentApart, NotHeld, UpProcess } from '../src/index.ts';

async function up(settings: Record<string, string>): Promise<UpProcess> {
  const home = await mkdtemp(join(tmpdir(), 'orchestra-acceptance-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const started = new UpProcess(environmentApart(home, settings));
  onTestFinished(async () => {
    await started.stop();
  });
  return started;
}

test('what does not come up is told with the end of what it said', async () => {
  const refused = await (
    await up({ PAUSE_API_PORT: 'x' })
  )
    .ready(new AbortController().signal)
    .catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(NotHeld);
  expect(String(refused)).toMatch(
    /ended before it was ready \(exit code [1-9]\)[^]*PAUSE_API_PORT must be a whole number/,
  );
});

test('who has been told to stop does not wait for it, before or meanwhile, and it goes when it is stopped', async () => {
  const started = await up({});
  await expect(started.ready(AbortSignal.abort(new Error('stopped before')))).rejects.toThrow('stopped before');
  const stopping = new AbortController();
  const waiting = started.ready(stopping.signal);
  stopping.abort(new Error('stopped meanwhile'));
  await expect(waiting).rejects.toThrow('stopped meanwhile');
  await started.kill();
  expect(await started.stop()).toBe('SIGKILL');
});

test("the caller's own settings stay outside", () => {
  process.env['DATABASE_URL_FILE'] = '/run/secrets/database';
  process.env['PAUSE_API_PORT'] = '4400';
  onTestFinished(() => {
    delete process.env['DATABASE_URL_FILE'];
    delete process.env['PAUSE_API_PORT'];
  });
  expect(environmentApart('/home/apart', { ORCHESTRA_HEAL: 'off' })).toMatchObject({
    ORCHESTRA_HOME: '/home/apart',
    PAUSE_API_PORT: '0',
    ORCHESTRA_HEAL: 'off',
    PATH: process.env['PATH'],
  });
  expect(environmentApart('/home/apart', {})).not.toHaveProperty('DATABASE_URL_FILE');
});
