import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clientSettingsFromEnv } from './settings.ts';

let root: string;
let project: string;
let deep: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'orchestra-settings-'));
  project = join(root, 'project');
  deep = join(project, 'docs', 'decisions');
  mkdirSync(deep, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function writeHome(folder: string, files: { token?: string; services?: unknown }): string {
  const home = join(folder, '.orchestra');
  mkdirSync(home);
  if (files.token !== undefined) writeFileSync(join(home, 'admin-token'), files.token, { mode: 0o600 });
  if (files.services !== undefined)
    writeFileSync(
      join(home, 'services.json'),
      typeof files.services === 'string' ? files.services : JSON.stringify(files.services),
    );
  return home;
}
const services = {
  pause_api: 'http://127.0.0.1:5500',
  worker_claimer: 'http://127.0.0.1:5501',
  alert_cascade: 'http://127.0.0.1:5502',
};

describe('client settings', () => {
  test('without anything: the default addresses and no token', () => {
    expect(clientSettingsFromEnv({}, deep)).toMatchObject({
      url: 'http://127.0.0.1:4400',
      tasksUrl: 'http://127.0.0.1:4401',
      token: undefined,
      origins: { url: { kind: 'default' }, tasksUrl: { kind: 'default' }, token: undefined },
    });
  });

  test('are found after `orchestra up` from any folder below, as git finds its own', () => {
    const home = writeHome(project, { token: 'orc_secret\n', services });
    expect(clientSettingsFromEnv({}, deep)).toEqual({
      url: services.pause_api,
      tasksUrl: services.worker_claimer,
      token: 'orc_secret',
      home,
      origins: {
        url: { kind: 'file', name: join(home, 'services.json') },
        tasksUrl: { kind: 'file', name: join(home, 'services.json') },
        token: { kind: 'file', name: join(home, 'admin-token') },
      },
    });
  });

  test('inside a command that a worker runs no folder is searched for, and a named one counts', () => {
    const home = writeHome(project, { token: 'orc_secret', services });
    const inside = { ORCHESTRA_INSIDE_COMMAND: '1' };
    expect(clientSettingsFromEnv(inside, deep)).toMatchObject({
      url: 'http://127.0.0.1:4400',
      token: undefined,
      home: undefined,
    });
    expect(clientSettingsFromEnv({ ...inside, ORCHESTRA_HOME: home }, deep)).toMatchObject({
      token: 'orc_secret',
      home,
    });
  });

  test('the environment wins, each variable by itself', () => {
    writeHome(project, { token: 'orc_secret', services });
    expect(clientSettingsFromEnv({ ORCHESTRA_URL: 'https://brake.example' }, deep)).toMatchObject({
      url: 'https://brake.example',
      tasksUrl: services.worker_claimer,
      token: 'orc_secret',
    });
    expect(clientSettingsFromEnv({ ORCHESTRA_TOKEN: 'orc_mine' }, deep)).toMatchObject({
      url: services.pause_api,
      token: 'orc_mine',
    });
  });

  test('ORCHESTRA_HOME is taken as it is, and an empty variable is none', () => {
    const home = writeHome(project, { token: 'orc_far' });
    writeHome(deep, { token: 'orc_near' });
    expect(clientSettingsFromEnv({ ORCHESTRA_HOME: home }, deep)).toMatchObject({ token: 'orc_far', home });
    expect(clientSettingsFromEnv({ ORCHESTRA_HOME: '', ORCHESTRA_TOKEN: '' }, deep)).toMatchObject({
      token: 'orc_near',
    });
  });

  test('the token may come from a file, which then has to be there', () => {
    writeFileSync(join(deep, 'token'), 'orc_file\n');
    expect(clientSettingsFromEnv({ ORCHESTRA_TOKEN_FILE: join(deep, 'token') }, deep)).toMatchObject({
      token: 'orc_file',
      origins: { token: { kind: 'file', name: join(deep, 'token') } },
    });
    expect(() => clientSettingsFromEnv({ ORCHESTRA_TOKEN_FILE: join(deep, 'none') }, deep)).toThrow(
      'ORCHESTRA_TOKEN_FILE',
    );
  });

  test('a broken services.json is named, not passed over', () => {
    const home = writeHome(project, { services: '{"pause_api": 7}' });
    expect(() => clientSettingsFromEnv({}, deep)).toThrow(join(home, 'services.json'));
  });

  test('complete settings in the environment need no file', () => {
    writeHome(project, { services: 'broken' });
    const env = { ORCHESTRA_URL: 'http://a:1', ORCHESTRA_TASKS_URL: 'http://b:2', ORCHESTRA_TOKEN: 'orc_t' };
    expect(clientSettingsFromEnv(env, deep)).toEqual({
      url: 'http://a:1',
      tasksUrl: 'http://b:2',
      token: 'orc_t',
      home: undefined,
      origins: {
        url: { kind: 'variable', name: 'ORCHESTRA_URL' },
        tasksUrl: { kind: 'variable', name: 'ORCHESTRA_TASKS_URL' },
        token: { kind: 'variable', name: 'ORCHESTRA_TOKEN' },
      },
    });
  });

  test.skipIf(process.getuid?.() !== 0)(
    "another user's folder above the working directory does not get this user's token",
    () => {
      const home = writeHome(project, { services });
      chownSync(home, 65_534, 65_534);
      expect(() => clientSettingsFromEnv({ ORCHESTRA_TOKEN: 'orc_mine' }, deep)).toThrow('belongs to another user');
      expect(clientSettingsFromEnv({ ORCHESTRA_HOME: home }, deep)).toMatchObject({ url: services.pause_api });
    },
  );
});
