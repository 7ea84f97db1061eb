import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, fraction, portNumber, readSettings } from './config.ts';
import { COMMON_SETTINGS } from './service-config.ts';

const SETTINGS = {
  ...COMMON_SETTINGS,
  SOME_PORT: portNumber(4_400).describe('the port'),
  RATIO: fraction({ min: 0, max: 1, unset: 0.5 }).describe('a ratio'),
};
const URL_WITH_PASSWORD = 'postgresql://orchestra:hunter2@db:5432/orchestra';

function problemsOf(env: NodeJS.ProcessEnv): string {
  try {
    readSettings(SETTINGS, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
  }
  throw new Error('the settings were taken');
}

test('what is not set has its default; an empty value counts as not set', () => {
  expect(readSettings(SETTINGS, { DATABASE_URL: URL_WITH_PASSWORD, HOST: '', SOME_PORT: '0' })).toEqual({
    DATABASE_URL: URL_WITH_PASSWORD,
    LISTEN_DATABASE_URL: undefined,
    HOST: '127.0.0.1',
    ORCHESTRA_HOST_NAMES: [],
    LOG_LEVEL: 'info',
    SOME_PORT: 0,
    RATIO: 0.5,
  });
});

test('every problem is told at once, by the name of its variable', () => {
  const problems = problemsOf({ SOME_PORT: '44oo', LOG_LEVEL: 'loud', RATIO: '7' });
  expect(problems.split('\n')).toEqual([
    '4 settings are wrong:',
    expect.stringMatching(/^ {2}DATABASE_URL is required \(a PostgreSQL 15 or later, .*`orchestra up` brings one/),
    expect.stringMatching(/^ {2}LOG_LEVEL must be one of fatal, error,/),
    '  SOME_PORT must be a whole number from 0 to 65535',
    '  RATIO must be a number from 0 to 1',
    '.env.example lists every setting',
  ]);
});

test('a wrong value is not repeated: it may be a secret', () => {
  expect(problemsOf({ DATABASE_URL: 'mysql://orchestra:hunter2@db/orchestra' })).not.toContain('hunter2');
});

test('NAME_FILE gives the value by way of a file', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'orchestra-config-')), 'database-url');
  writeFileSync(file, `${URL_WITH_PASSWORD}\n`);
  expect(readSettings(SETTINGS, { DATABASE_URL_FILE: file }).DATABASE_URL).toBe(URL_WITH_PASSWORD);
  expect(problemsOf({ DATABASE_URL_FILE: file, DATABASE_URL: URL_WITH_PASSWORD })).toContain(
    'DATABASE_URL and DATABASE_URL_FILE are both set',
  );
  expect(problemsOf({ DATABASE_URL_FILE: `${file}.not` })).toContain(
    'DATABASE_URL_FILE names a file that cannot be read',
  );
});
