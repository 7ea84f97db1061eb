import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EXIT } from '../failure.ts';
import { chooseProfile } from './chosen-profile.ts';
import { profilesPath, readProfiles, writeProfiles } from './profiles-file.ts';
import { findSettings } from './settings.ts';

const PROD = { url: 'https://brake.prod.example', tasks_url: 'https://tasks.prod.example', token: 'orc_prod' };
const TEST = { url: 'https://brake.test.example', tasks_url: 'https://tasks.test.example' };
const PROFILE = { kind: 'profile', name: 'prod' };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orchestra-config-'));
  vi.stubEnv('XDG_CONFIG_HOME', folder);
  await writeProfiles({ current: 'prod', profiles: { prod: PROD, test: TEST } });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  vi.resetModules();
  await rm(folder, { recursive: true });
});

test('the file is its owner’s alone', async () => {
  expect(profilesPath()).toBe(join(folder, 'orchestra', 'config.json'));
  expect((await stat(profilesPath())).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, 'orchestra'))).mode & 0o077).toBe(0);
});

test('the profile in use says where and as whom; the environment goes before it', () => {
  expect(findSettings({})).toEqual({
    url: PROD.url,
    tasksUrl: PROD.tasks_url,
    token: 'orc_prod',
    home: undefined,
    profile: 'prod',
    origins: { url: PROFILE, tasksUrl: PROFILE, token: PROFILE },
  });
  expect(findSettings({ ORCHESTRA_PROFILE: 'test' })).toMatchObject({
    url: TEST.url,
    token: undefined,
    profile: 'test',
  });
  expect(findSettings({ ORCHESTRA_TOKEN: 'orc_mine' })).toMatchObject({
    url: PROD.url,
    token: 'orc_mine',
    origins: { url: PROFILE, token: { kind: 'variable', name: 'ORCHESTRA_TOKEN' } },
  });
  expect(findSettings({ ORCHESTRA_HOME: folder })).toMatchObject({ url: 'http://127.0.0.1:4400', profile: null });
});

test('a profile’s token is never sent to another address', () => {
  const elsewhere = findSettings({
    ORCHESTRA_URL: 'http://elsewhere.example',
    ORCHESTRA_TASKS_URL: 'http://elsewhere.example',
    ORCHESTRA_TOKEN: '',
  });
  expect(elsewhere).toMatchObject({ url: 'http://elsewhere.example', profile: null });
  expect(elsewhere.token).not.toBe('orc_prod');
});

test('two ways to say where, that may mean different services, are refused; so is a profile that is not there', () => {
  expect(() => findSettings({ ORCHESTRA_PROFILE: 'test', ORCHESTRA_URL: 'http://elsewhere.example' })).toThrow(
    expect.objectContaining({ exitCode: EXIT.usage }),
  );
  expect(() => findSettings({ ORCHESTRA_PROFILE: 'nowhere' })).toThrow('there are: prod, test');
  expect(() => findSettings({ ORCHESTRA_PROFILE: 'toString' })).toThrow('there is no profile "toString"');
});

test('a token that others may read is not used, nor a file that is none', async () => {
  await chmod(profilesPath(), 0o644);
  expect(() => readProfiles()).toThrow('chmod 600');
  await writeFile(profilesPath(), '{"profiles": {"prod": {"url": "ftp://x"}}}', { mode: 0o600 });
  await chmod(profilesPath(), 0o600);
  expect(() => readProfiles()).toThrow('profiles.prod.url');
  await writeFile(profilesPath(), 'not JSON');
  expect(() => readProfiles()).toThrow('is not as `orchestra profile set` writes it');
});

test('a token in a file is read from there at each call', async () => {
  const file = join(folder, 'token');
  await writeFile(file, 'orc_first\n');
  await writeProfiles({
    current: 'prod',
    profiles: { prod: { url: PROD.url, tasks_url: PROD.tasks_url, token_file: file } },
  });
  expect(await readFile(profilesPath(), 'utf8')).not.toContain('orc_first');
  expect(findSettings({}).token).toBe('orc_first');
  await rm(file);
  expect(() => findSettings({})).toThrow('the token of profile "prod" cannot be read');
});

test('an empty token file is no token: that of an `orchestra up` near here is never sent to a profile’s address', async () => {
  await mkdir(join(folder, '.orchestra'));
  await writeFile(join(folder, '.orchestra', 'admin-token'), 'orc_of_up\n');
  await writeFile(join(folder, 'token'), '\n');
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
  expect(findSettings({ ORCHESTRA_TOKEN_FILE: join(folder, 'token') })).toMatchObject({
    url: PROD.url,
    token: 'orc_prod',
  });
});

// The last test of the file: what the command line chose holds for the rest of the process.
test('the command line goes before everything', () => {
  chooseProfile('test');
  expect(
    findSettings({ ORCHESTRA_URL: 'http://elsewhere.example', ORCHESTRA_PROFILE: 'prod', ORCHESTRA_TOKEN: 'orc_mine' }),
  ).toMatchObject({
    url: TEST.url,
    tasksUrl: TEST.tasks_url,
    token: undefined,
    home: undefined,
    profile: 'test',
    origins: { url: { kind: 'profile', name: 'test' }, token: undefined },
  });
});
