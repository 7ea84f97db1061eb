import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { environmentForCommands, isInsideCommand, splitSecrets } from './secret-settings.ts';

const token = `orc_${'a'.repeat(43)}`;
const key = `whsec_${'b'.repeat(44)}`;

test.each([
  'ORCHESTRA_TOKEN',
  'ORCHESTRA_TOKEN_FILE',
  'ORCHESTRA_HOME',
  'ORCHESTRA_PROFILE',
  'ORCHESTRA_NOTICES',
  'ORCHESTRA_STAGES',
  'ORCHESTRA_OF_A_LATER_VERSION',
  'DATABASE_URL',
  'DATABASE_URL_FILE',
  'LISTEN_DATABASE_URL',
  'LISTEN_DATABASE_URL_FILE',
  'PGPASSWORD',
  'PGPASSFILE',
  'PGSERVICE',
  'PGHOST',
  'POSTGRES_PASSWORD',
  'POSTGRES_PASSWORD_FILE',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
])('%s is withheld', (name) => {
  expect(splitSecrets({ [name]: 'x', PATH: '/bin' })).toEqual({ open: { PATH: '/bin' }, secret: { [name]: 'x' } });
});

test.each([
  'ORCHESTRA_URL',
  'ORCHESTRA_TASKS_URL',
  'ORCHESTRA_PROCESS_MARKS',
  'HOME',
  'PATH',
  'LANG',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'APP_DATABASE_URL',
])('%s is handed on', (name) => {
  expect(splitSecrets({ [name]: 'x' }).open).toEqual({ [name]: 'x' });
});

test('a token or a signing key is withheld under whatever name it goes', () => {
  expect(
    splitSecrets({ MINE: token, AUTH: `Bearer ${token}`, HOOK: key, LIST: `${key}, ${key}`, PLAIN: 'orc_' }).open,
  ).toEqual({ PLAIN: 'orc_' });
});

test('what the file of notices names is withheld, also where that file is named by another', () => {
  const folder = mkdtempSync(join(tmpdir(), 'orchestra-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'notices.yaml');
  writeFileSync(
    file,
    'targets:\n  - { name: a, url: env:SLACK_URL, secret: ["env:KEY_1", \'env:KEY_2\'] }\n  - ' +
      'routing_key: env:PAGER # the pager\n',
  );
  writeFileSync(join(folder, 'path'), `${file}\n`);
  const env = { SLACK_URL: 's', KEY_1: 'k', KEY_2: 'k', PAGER: 'p', OTHER: 'o' };
  expect(splitSecrets({ ...env, ORCHESTRA_NOTICES: file }).open).toEqual({ OTHER: 'o' });
  expect(splitSecrets({ ...env, ORCHESTRA_NOTICES_FILE: join(folder, 'path') }).open).toEqual({ OTHER: 'o' });
  expect(splitSecrets({ OTHER: 'o', ORCHESTRA_NOTICES: join(folder, 'nowhere') }).open).toEqual({ OTHER: 'o' });
});

test('a command knows that it is one, and is not told where profiles are', () => {
  const env = environmentForCommands({ XDG_CONFIG_HOME: '/c', ORCHESTRA_HOME: '/h', PATH: '/bin' });
  expect(env).toEqual({ PATH: '/bin', ORCHESTRA_INSIDE_COMMAND: '1' });
  expect([isInsideCommand(env), isInsideCommand({})]).toEqual([true, false]);
});
