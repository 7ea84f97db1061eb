// `orchestra up` on a PostgreSQL of the user's own.
import { readFile } from 'node:fs/promises';
import { freePort } from '@orchestra/local-postgres';
import { testDatabase } from '@orchestra/testkit';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ANY_PORTS, orchestra, temporaryHome, up } from './orchestra.ts';
import { descendants } from './living-processes.ts';

const database = testDatabase({ empty: true });

// Each of these starts five processes or more, and other tests use the machine too.
vi.setConfig({ testTimeout: 180_000 });

test('DATABASE_URL puts all of it on that server; two machines that share it have admin tokens of their own', async () => {
  const first = await temporaryHome();
  const second = await temporaryHome();
  const one = await up(first, { DATABASE_URL: database.url });
  onTestFinished(() => one.going.clear());
  const shown = new URL(database.url);
  shown.password = '';
  expect(one.ready.database).toBe(shown.href);
  expect((await descendants(one.going.pid)).some(({ command }) => command.includes('postgres'))).toBe(false);
  const two = await up(second, { DATABASE_URL: database.url });
  onTestFinished(() => two.going.clear());
  for (const folder of [first, second])
    expect(await orchestra(['senate', 'pauses'], { env: { ORCHESTRA_HOME: folder } })).toMatchObject({ code: 0 });
  const { rows } = await database.pool.query<{ name: string }>('select name from api_tokens order by id');
  expect(rows).toEqual([{ name: 'admin' }, { name: expect.stringMatching(/^admin-./) }]);
});

test('an admin token that this database does not know is made anew', async () => {
  const folder = await temporaryHome();
  const one = await up(folder, { DATABASE_URL: database.url });
  onTestFinished(() => one.going.clear());
  const before = await readFile(one.ready.token_file, 'utf8');
  one.going.child.kill('SIGTERM');
  await one.going.ended();
  await database.pool.query('update api_tokens set revoked_at = now() where revoked_at is null');
  const two = await up(folder, { DATABASE_URL: database.url });
  onTestFinished(() => two.going.clear());
  expect(await readFile(two.ready.token_file, 'utf8')).not.toBe(before);
  expect(await orchestra(['senate', 'pauses'], { env: { ORCHESTRA_HOME: folder } })).toMatchObject({ code: 0 });
});

test('a database that is not there is told in one line, without its password', async () => {
  const port = await freePort();
  const ended = await orchestra(['up'], {
    env: {
      ...ANY_PORTS,
      ORCHESTRA_HOME: await temporaryHome(),
      DATABASE_URL: `postgresql://me:s3cret@127.0.0.1:${port}/x`,
    },
  });
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toBe(
    `orchestra: the database does not answer at postgresql://me@127.0.0.1:${port}/x (connect ECONNREFUSED 127.0.0.1:${port}); is it running?\n`,
  );
});

test('every wrong setting is told at once, before anything is started', async () => {
  const ended = await orchestra(['up'], {
    env: {
      ORCHESTRA_HOME: await temporaryHome(),
      PAUSE_API_PORT: 'http',
      ALERT_CASCADE_PORT: '70000',
      DATABASE_URL: 'mysql://x',
    },
  });
  expect(ended.code).toBe(1);
  expect(ended.stderr.match(/^ {2}(\w+)/gm)).toEqual(['  DATABASE_URL', '  PAUSE_API_PORT', '  ALERT_CASCADE_PORT']);
});

test('LISTEN_DATABASE_URL without DATABASE_URL is refused: it would listen elsewhere', async () => {
  const ended = await orchestra(['up'], {
    env: { ORCHESTRA_HOME: await temporaryHome(), LISTEN_DATABASE_URL: database.url },
  });
  expect(ended).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('LISTEN_DATABASE_URL is set and DATABASE_URL is not'),
  });
});
