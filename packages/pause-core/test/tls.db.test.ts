import { chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explainDatabaseFailure, makePool, type Database } from '@orchestra/database';
import { makeAuthority, startOwnServer, until, type TestServer } from '@orchestra/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// The server's certificate is made out to `localhost`, and to no address.
const authority = makeAuthority('an authority of the test');
const another = makeAuthority('another authority');
let server: TestServer;
let folder: string;
let data: string;

beforeAll(async () => {
  server = await startOwnServer({ fsync: 'off' });
  folder = await mkdtemp(join(tmpdir(), 'orchestra-tls-'));
  await writeFile(join(folder, 'ca.crt'), authority.certificate);
  await writeFile(join(folder, 'another.crt'), another.certificate);
  data = String((await sql('show data_directory'))[0]?.['data_directory']);
  const { uid, gid } = await stat(data);
  const { certificate, key } = authority.issue('localhost');
  for (const [name, text] of [
    ['server.crt', certificate],
    ['server.key', key],
  ] as const) {
    await writeFile(join(data, name), text, { mode: 0o600 });
    if (process.getuid?.() === 0) await chown(join(data, name), uid, gid);
  }
  await offerTls('on');
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Over an address of its own, which says nothing of TLS. */
async function sql(statement: string, query = ''): Promise<Record<string, unknown>[]> {
  const pool = makePool({ connectionString: server.url + query, applicationName: 'test', max: 1 });
  try {
    return (await pool.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await pool.end();
  }
}

async function offerTls(ssl: 'on' | 'off'): Promise<void> {
  await sql(`alter system set ssl = '${ssl}'`);
  await reload('ssl', ssl);
}

async function reload(setting: string, wanted: string): Promise<void> {
  await sql('select pg_reload_conf()');
  await until(
    `${setting} is ${wanted}`,
    async () => (await sql(`select current_setting('${setting}') as now`))[0]?.['now'] === wanted,
  );
}

const addressOf = (host: string, query: string): string => {
  const url = new URL(server.url);
  url.hostname = host;
  return `${url.href}?${query.replaceAll('DIR', folder)}`;
};

/** Is the connection encrypted? Where there is none: why, in the words for people. */
async function connect(host: string, query: string): Promise<boolean | string> {
  const address = addressOf(host, query);
  let pool: Database | undefined;
  try {
    pool = makePool({ connectionString: address, applicationName: 'test', max: 1 });
    return (
      (await pool.query<{ ssl: boolean }>('select s.ssl from pg_stat_ssl s where s.pid = pg_backend_pid()')).rows[0]
        ?.ssl ?? 'no answer'
    );
  } catch (error) {
    const failure = explainDatabaseFailure(error, address);
    expect(failure, String(error)).toMatchObject({ mayPass: false });
    return `${failure?.code}: ${failure?.message}`;
  } finally {
    await pool?.end();
  }
}

const NOT_THIS_HOST =
  /^database_refused: the certificate of the database at .* is not accepted: it is not made out to this host \(.*\); connect by the name in it, or use sslmode=verify-ca/;
const NOT_KNOWN =
  /^database_refused: the certificate of the database at .* is not accepted: its authority is not known here .*sslrootcert/;

test.each<[string, string, boolean | RegExp]>([
  ['localhost', 'sslmode=disable', false],
  ['localhost', 'sslmode=allow', false],
  ['localhost', 'sslmode=prefer', true],
  ['localhost', 'sslmode=prefer&sslrootcert=DIR/another.crt', true],
  ['localhost', 'sslmode=require', true],
  ['localhost', 'sslmode=require&channel_binding=require', true],
  ['localhost', 'sslmode=require&sslrootcert=DIR/another.crt', NOT_KNOWN],
  ['127.0.0.1', 'sslmode=verify-ca&sslrootcert=DIR/ca.crt', true],
  ['localhost', 'sslmode=verify-ca&sslrootcert=DIR/another.crt', NOT_KNOWN],
  ['localhost', 'sslmode=verify-full&sslrootcert=DIR/ca.crt', true],
  ['127.0.0.1', 'sslmode=verify-full&sslrootcert=DIR/ca.crt', NOT_THIS_HOST],
  ['localhost', 'sslmode=verify-full&sslrootcert=DIR/another.crt', NOT_KNOWN],
  ['localhost', 'sslmode=verify-full&sslrootcert=system', NOT_KNOWN],
  // Of several hosts each is looked at by its own name, and the first that is who it says is taken, as psql does.
  ['localhost', 'host=127.0.0.1,localhost&sslmode=verify-full&sslrootcert=DIR/ca.crt', true],
  [
    'localhost',
    'sslmode=verify-full&sslrootcert=DIR/nowhere.crt',
    /^bad_address: DATABASE_URL names sslrootcert=.*nowhere\.crt, which cannot be read \(ENOENT\)/,
  ],
])('a server with TLS at %s, reached with %s: %s', async (host, query, expected) => {
  const found = await connect(host, query);
  if (typeof expected === 'boolean') expect(found).toBe(expected);
  else expect(found).toMatch(expected);
});

test('a server that takes nothing but TLS refuses clients without TLS, and takes those with it', async () => {
  const rules = join(data, 'pg_hba.conf');
  const before = await readFile(rules, 'utf8');
  try {
    await writeFile(rules, before.replaceAll(/^host\s/gm, 'hostssl '));
    await sql('select pg_reload_conf()', '?sslmode=require');
    await until('the rules hold', async () => (await connect('localhost', 'sslmode=disable')) !== false);
    expect(await connect('localhost', 'sslmode=disable')).toMatch(/^database_refused: .*no encryption/);
    expect(await connect('localhost', 'sslmode=prefer')).toBe(true);
    // As without any sslmode.
    expect(await connect('localhost', 'sslmode=allow')).toBe(true);
  } finally {
    await writeFile(rules, before);
    await sql('select pg_reload_conf()', '?sslmode=require');
    await until('the rules are as before', async () => (await connect('localhost', 'sslmode=disable')) === false);
  }
});

describe('a server without TLS', () => {
  beforeAll(() => offerTls('off'));

  test.each(['allow', 'prefer'])('is taken with %s', async (mode) => {
    expect(await connect('localhost', `sslmode=${mode}`)).toBe(false);
  });

  test.each(['require', 'verify-full'])('is refused with %s', async (mode) => {
    expect(await connect('localhost', `sslmode=${mode}&sslrootcert=DIR/ca.crt`)).toMatch(
      /^database_refused: the database at .* does not offer TLS, and sslmode asks for it/,
    );
  });
});
