import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AddressError, describeAddress, type Address } from './address.ts';
import { parseAddress } from './parse-address.ts';

const HOME = mkdtempSync(join(tmpdir(), 'orchestra-address-'));
const parse = (text: string, env: NodeJS.ProcessEnv = {}): Address => parseAddress(text, { HOME, ...env });
const basics = ({ endpoints, user, password, database }: Address) => ({
  at: endpoints.map(({ host, port }) => `${host}:${port}`).join(','),
  user,
  password,
  database,
});

test.each([
  ['postgresql://u:p@h:1/d', { at: 'h:1', user: 'u', password: 'p', database: 'd' }],
  ['postgres://u:p@h/d', { at: 'h:5432', user: 'u', password: 'p', database: 'd' }],
  ['  "postgresql://u:p@h:1/d"\n', { at: 'h:1', user: 'u', password: 'p', database: 'd' }],
  ['\uFEFFpostgresql://u:p@h:1/d', { at: 'h:1', user: 'u', password: 'p', database: 'd' }],
  ['postgresql://u:p#x@h/d', { at: 'h:5432', user: 'u', password: 'p#x', database: 'd' }],
  ['postgresql://u:p?x@h/d', { at: 'h:5432', user: 'u', password: 'p?x', database: 'd' }],
  ['postgresql://u:p/x@h/d', { at: 'h:5432', user: 'u', password: 'p/x', database: 'd' }],
  ['postgresql://u:12/x@h', { at: 'h:5432', user: 'u', password: '12/x', database: 'u' }],
  ['postgresql://u:p@x@h/d', { at: 'h:5432', user: 'u', password: 'p@x', database: 'd' }],
  ['postgresql://u:p x@h/d', { at: 'h:5432', user: 'u', password: 'p x', database: 'd' }],
  ['postgresql://u:50%@h/d', { at: 'h:5432', user: 'u', password: '50%', database: 'd' }],
  ['postgresql://u:a:b+c@h/d', { at: 'h:5432', user: 'u', password: 'a:b+c', database: 'd' }],
  ['postgresql://u:p%40%23%20%C3%A4@h/my%20db', { at: 'h:5432', user: 'u', password: 'p@# ä', database: 'my db' }],
  [
    'postgresql://u@h/d?password=s%26t&application_name=me@x',
    { at: 'h:5432', user: 'u', password: 's&t', database: 'd' },
  ],
  ['postgresql://u@[::1]:6/d', { at: '::1:6', user: 'u', password: undefined, database: 'd' }],
  ['postgresql://u@/d?host=/var/run/pg', { at: '/var/run/pg:5432', user: 'u', password: undefined, database: 'd' }],
  ['postgresql://u@%2Fvar%2Frun%2Fpg:7/d', { at: '/var/run/pg:7', user: 'u', password: undefined, database: 'd' }],
  ['postgresql://u:p@a:1,b,[::2]:3/d', { at: 'a:1,b:5432,::2:3', user: 'u', password: 'p', database: 'd' }],
  [
    "host=h port=9 dbname='my db' user=u password='it\\'s \\\\ #?'",
    { at: 'h:9', user: 'u', password: "it's \\ #?", database: 'my db' },
  ],
  ['host=a,b port=1,2 user = u dbname=d', { at: 'a:1,b:2', user: 'u', password: undefined, database: 'd' }],
  ['jdbc:postgresql://h/d?user=u&password=p', { at: 'h:5432', user: 'u', password: 'p', database: 'd' }],
  ['postgresql+asyncpg://u:p@h/d', { at: 'h:5432', user: 'u', password: 'p', database: 'd' }],
])('%s', (text, expected) => {
  expect(basics(parse(text))).toEqual(expected);
});

test('what an address leaves open comes from the environment, as with psql; what it says itself wins', () => {
  const env = {
    PGHOST: 'h',
    PGPORT: '7',
    PGUSER: 'u',
    PGPASSWORD: 'p',
    PGDATABASE: 'd',
    PGSSLMODE: 'require',
    PGCONNECT_TIMEOUT: '4',
    PGOPTIONS: '-c a=b',
    PGTARGETSESSIONATTRS: 'primary',
  };
  expect(basics(parse('postgresql://', env))).toEqual({ at: 'h:7', user: 'u', password: 'p', database: 'd' });
  expect(parse('postgresql://', env)).toMatchObject({
    tls: { mode: 'require' },
    connectTimeoutMs: 4_000,
    options: '-c a=b',
    sessionAttributes: 'primary',
  });
  expect(basics(parse('postgresql://x@y:1/z', env))).toEqual({ at: 'y:1', user: 'x', password: 'p', database: 'z' });
  expect(parse('postgresql://h')).toMatchObject({ user: userInfo().username, database: userInfo().username });
});

test('a password stands in .pgpass, too', () => {
  const PGPASSFILE = join(HOME, 'pgpass');
  writeFileSync(PGPASSFILE, '# mine\nother:*:*:*:no\nh:5432:d:u:a\\:b\\\\c\n*:*:*:*:any\n');
  expect(parse('postgresql://u@h/d', { PGPASSFILE }).password).toBe('a:b\\c');
  expect(parse('postgresql://u@x/d', { PGPASSFILE }).password).toBe('any');
  expect(parse('postgresql://u:own@h/d', { PGPASSFILE }).password).toBe('own');
});

test('a list of servers means the one that takes changes, unless it says otherwise', () => {
  expect(parse('postgresql://a,b/d').sessionAttributes).toBe('read-write');
  expect(parse('postgresql://a/d').sessionAttributes).toBe('any');
  for (const named of ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'])
    expect(parse(`postgresql://a,b/d?target_session_attrs=${named}`).sessionAttributes).toBe(named);
});

test.each([
  [
    '',
    'no sslmode: plain, and TLS where the server asks for it',
    { mode: 'allow', checksAuthority: false, checksHost: false },
  ],
  ['sslmode=disable', '', { mode: 'disable' }],
  ['sslmode=prefer', '', { mode: 'prefer', checksAuthority: false }],
  ['sslmode=require', '', { mode: 'require', checksAuthority: false, checksHost: false }],
  ['sslmode=no-verify', '', { mode: 'require', checksAuthority: false }],
  ['ssl=true', '', { mode: 'require' }],
  ['sslmode=verify-full', '', { mode: 'verify-full', checksAuthority: true, checksHost: true }],
  [
    `sslmode=require&sslrootcert=${import.meta.filename}`,
    'with an authority, as verify-ca',
    { mode: 'require', checksAuthority: true, checksHost: false },
  ],
  [
    `sslmode=verify-ca&sslrootcert=${import.meta.filename}`,
    '',
    { mode: 'verify-ca', checksAuthority: true, checksHost: false },
  ],
  ['sslmode=verify-full&sslrootcert=system', '', { mode: 'verify-full', checksAuthority: true, checksHost: true }],
])('%s %s', (query, _why, expected) => {
  expect(parse(`postgresql://h/d?${query}`).tls).toMatchObject(expected);
});

test.each([
  ['', 'is empty'],
  ['mysql://u:s3cret@h/d', 'begins with mysql://'],
  ['h:5432/d', 'must look like'],
  ['postgresql://u:s3cret@h:port/d', 'must look like'],
  ['postgresql://u:s3cret@h:99999/d', 'port 99999'],
  ['postgresql://u:s3cret@h/d?sslmode=on', 'sslmode=on'],
  ['postgresql://u:s3cret@h/d?sslmod=require', '"sslmod"'],
  ['postgresql://u:s3cret@h/d?schema=app', 'ORCHESTRA_SCHEMA'],
  ['postgresql://u:s3cret@h/d?sslmode=verify-ca', 'sslrootcert'],
  ['postgresql://u:s3cret@h/d?sslmode=verify-full&sslrootcert=/nowhere/root.crt', '/nowhere/root.crt'],
  ['postgresql://u:s3cret@a,b:1,c/d?target_session_attrs=master', 'target_session_attrs=master'],
  ['postgresql://u:s3cret@h/d?connect_timeout=soon', 'connect_timeout=soon'],
  ["host=h password='s3cret dbname=d", 'behind host'],
  ['host=a,b,c port=1,2 password=s3cret', '3 hosts and 2 ports'],
])('%s is refused with what to do, and without the password', (text, says) => {
  expect(() => parse(text)).toThrow(AddressError);
  try {
    parse(text);
  } catch (error) {
    expect(String(error)).toContain(says);
    expect(String(error)).not.toContain('s3cret');
  }
});

test('an address for messages has neither password nor parameters', () => {
  expect(describeAddress(parse('postgresql://u:p#x@a:1,[::2]/d?sslmode=disable&password=q'))).toBe(
    'postgresql://u@a:1,[::2]:5432/d',
  );
  expect(describeAddress(parse('postgresql://u@/d?host=/run/pg'))).toBe('postgresql://u@%2Frun%2Fpg:5432/d');
});
