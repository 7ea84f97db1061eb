import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { plainEnvironment, serviceProgram, testDatabase, until } from '@orchestra/testkit';
import { afterEach, expect, test } from 'vitest';
import { readConfig, SETTINGS } from '../src/config.ts';
import { activeOf, alert, pausesOf } from './serving.ts';

const db = testDatabase();
const children = new Set<ChildProcess>();

/** A cascade as a process of its own, ready. */
async function launch(): Promise<ChildProcess> {
  const child = fork(serviceProgram('alert-cascade'), {
    env: { ...plainEnvironment(), DATABASE_URL: db.url, ALERT_CASCADE_PORT: '0', LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  await once(child, 'message');
  return child;
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exited = once(child, 'exit');
  child.kill(signal);
  const [code] = await exited;
  return typeof code === 'number' ? code : null;
}

afterEach(async () => {
  await Promise.all([...children].map((child) => kill(child, 'SIGKILL')));
});

test('P14 P5 killed with SIGKILL between the alerts and started again: one pause', async () => {
  const first = await launch();
  await alert(db.pool, 'killed', 2);
  await kill(first, 'SIGKILL');
  await alert(db.pool, 'killed', 2);
  expect(await pausesOf(db.pool, 'killed')).toEqual([]);
  await launch();
  await until('the pause', async () => (await activeOf(db.pool, 'killed')).length > 0);
  await kill(await launch(), 'SIGKILL');
  expect(await pausesOf(db.pool, 'killed')).toMatchObject([{ paused_by: 'senate.auto', ttl_seconds: 1_800 }]);
});

test('P14 one of two killed with SIGKILL in the middle of a burst about many actors: each is paused once', async () => {
  const [first] = await Promise.all([launch(), launch()]);
  const actors = Array.from({ length: 20 }, (_, index) => `burst-${index}`);
  const sending = Promise.all(actors.map((actor) => alert(db.pool, actor, 4)));
  await until('the first pause', async () => (await activeOf(db.pool, actors[0] ?? '')).length > 0);
  await kill(first, 'SIGKILL');
  await sending;
  for (const actor of actors)
    await until(`the pause of ${actor}`, async () => (await activeOf(db.pool, actor)).length > 0);
  for (const actor of actors) expect(await pausesOf(db.pool, actor), actor).toHaveLength(1);
});

test('SIGTERM ends it with exit code 0', async () => {
  expect(await kill(await launch(), 'SIGTERM')).toBe(0);
});

test('every setting has a description, and wrong ones are listed all at once', () => {
  for (const [name, schema] of Object.entries(SETTINGS)) expect(schema.description, name).toBeTruthy();
  expect(() =>
    readConfig({
      DATABASE_URL: 'postgresql://x/y',
      ORCHESTRA_RUNAWAY_SHARE: '2',
      ORCHESTRA_AUTO_PAUSE_ALERTS: '0',
      ALERT_CASCADE_PORT: 'x',
    }),
  ).toThrow(/3 settings are wrong[^]*ALERT_CASCADE_PORT[^]*ORCHESTRA_AUTO_PAUSE_ALERTS[^]*ORCHESTRA_RUNAWAY_SHARE/);
  expect(readConfig({ DATABASE_URL: 'postgresql://x/y' })).toMatchObject({
    port: 4_402,
    watchEveryMs: 2_000,
    autoPause: { alerts: 3, windowMs: 300_000, pauseMs: 1_800_000 },
    runaway: { runs: 6, givenUpShare: 0.5, windowMs: 3_600_000 },
  });
});
