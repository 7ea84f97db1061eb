import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readStagingConfig } from './staging-config.ts';
import { readTestingConfig } from './testing-config.ts';

let top: string;
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'orchestra-runner-config-'));
});
afterAll(() => rm(top, { recursive: true, force: true }));

async function file(text: string, name = 'runner.yaml'): Promise<string> {
  await writeFile(join(top, name), text);
  return join(top, name);
}

test('the settings of a test runner: what stands for all, what a repository says of its own, paths from the folder of the file', async () => {
  await file('s3cret\n', 'token');
  await file(
    'outcomes: [{ name: no_licence, when: { exit_code: 77 }, outcome: transient, says: none was free, fix: wait }]',
    'outcomes.yaml',
  );
  const read = await readTestingConfig(
    await file(`
folder: work
command: [npm, test]
time_limit: 20m
repositories:
  api: clones/api
  web:
    path: /srv/clones/web
    ref: main
    command: [pnpm, test]
    time_limit: 1h30m
    env: { CI: "1" }
    outcomes: outcomes.yaml
    smoke:
      services: ["http://127.0.0.1:4401"]
      urls: ["http://127.0.0.1:3000/health"]
      token_file: token
      time_limit: 5s
`),
  );
  expect(read).toMatchObject({
    folder: join(top, 'work'),
    projects: {
      api: {
        repository: join(top, 'clones/api'),
        command: ['npm', 'test'],
        timeLimitMs: 1_200_000,
        smoke: undefined,
        table: undefined,
      },
      web: {
        repository: '/srv/clones/web',
        ref: 'main',
        command: ['pnpm', 'test'],
        timeLimitMs: 5_400_000,
        env: { CI: '1' },
        table: expect.arrayContaining([expect.objectContaining({ name: 'no_licence' })]),
        smoke: {
          token: 's3cret',
          timeLimitMs: 5_000,
          checks: [
            { url: 'http://127.0.0.1:4401/livez', expects: 'ok' },
            { url: 'http://127.0.0.1:4401/readyz', expects: 'ok' },
            { url: 'http://127.0.0.1:4401/api/queue', expects: 'queue' },
            { url: 'http://127.0.0.1:3000/health', expects: 'ok' },
          ],
        },
      },
    },
  });
});

test('the settings of a staging runner, as JSON', async () => {
  const settings = {
    user: 'deploy',
    host: 'staging.example.org',
    port: 2222,
    identity_file: 'key',
    known_hosts_file: '/etc/known',
    command: ['/usr/bin/check', '--all'],
    connect_timeout: '5s',
    time_limit: '10m',
  };
  expect(await readStagingConfig(await file(JSON.stringify(settings), 'runner.json'))).toEqual({
    user: 'deploy',
    host: 'staging.example.org',
    port: 2222,
    identityFile: join(top, 'key'),
    knownHostsFile: '/etc/known',
    command: ['/usr/bin/check', '--all'],
    connectTimeoutSeconds: 5,
    timeLimitMs: 600_000,
    table: undefined,
  });
});

test('the files that docs/runners.md shows can be used as they stand', async () => {
  const document = await readFile(new URL('../../../../docs/runners.md', import.meta.url), 'utf8');
  const shown = (field: string) =>
    [...document.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)]
      .map(([, text = '']) => text)
      .find((text) => new RegExp(`^${field}:`, 'm').test(text)) ?? '';
  await file('s3cret', 'viewer-token');
  await file('outcomes: []', 'outcomes.yaml');
  expect(Object.keys((await readTestingConfig(await file(shown('repositories')))).projects).toSorted()).toEqual([
    '*',
    'api',
    'web',
  ]);
  expect(await readStagingConfig(await file(shown('identity_file')))).toMatchObject({
    user: 'deploy',
    port: 22,
    identityFile: '/etc/orchestra/staging_key',
  });
});

const TESTING: [string, string, RegExp][] = [
  ['nothing', '', /runner\.yaml:1: /],
  ['no YAML', 'folder: [', /runner\.yaml:1: /],
  ['a key twice', 'folder: a\nfolder: b', /runner\.yaml:2: .*unique/],
  ['an alias', 'folder: &a x\ncommand: [*a]\nrepositories: { api: x }', /runner\.yaml: Alias .*write it out/],
  ['no folder', 'command: [x]\nrepositories: { api: x }', /runner\.yaml:1: folder: is required$/],
  ['a field that nobody knows', 'folder: x\nfoldr: y\ncommand: [x]\nrepositories: { api: x }', /"foldr"/],
  ['no repository', 'folder: x\nrepositories: {}', /runner\.yaml:2: repositories: must name at least one/],
  [
    'no command for one',
    'folder: x\nrepositories:\n  api: x',
    /runner\.yaml:3: repositories\.api\.command: is required where the file names no command/,
  ],
  [
    'a command that a shell would have to take apart',
    'folder: x\ncommand: npm test\nrepositories: { api: x }',
    /runner\.yaml:2: command: must be a list of words/,
  ],
  [
    'a command without a program',
    'folder: x\ncommand: [" "]\nrepositories: { api: x }',
    /runner\.yaml:2: command: must name a program/,
  ],
  [
    'an address in place of a clone',
    'folder: x\ncommand: [x]\nrepositories:\n  web: https://git.example/web.git',
    /runner\.yaml:4: repositories\.web\.path: must be the path of a clone/,
  ],
  [
    'the same, as git writes it',
    'folder: x\ncommand: [x]\nrepositories:\n  web: { path: "git@git.example:web.git" }',
    /repositories\.web\.path: must be the path of a clone/,
  ],
  [
    'a time limit without a unit',
    'folder: x\ncommand: [x]\ntime_limit: 90\nrepositories: { api: x }',
    /runner\.yaml:3: time_limit: "90" has no unit: say 90s or 90m/,
  ],
  [
    'a time limit that no timer takes',
    'folder: x\ncommand: [x]\ntime_limit: 30d\nrepositories: { api: x }',
    /time_limit: "30d" is longer than a week/,
  ],
  [
    'a smoke that asks nothing',
    'folder: x\ncommand: [x]\nsmoke: { urls: [] }\nrepositories: { api: x }',
    /runner\.yaml:3: smoke: must name services or urls/,
  ],
  [
    'a smoke that asks no address',
    'folder: x\ncommand: [x]\nsmoke: { urls: ["file:///etc/passwd"] }\nrepositories: { api: x }',
    /smoke\.urls\.0: must be an http or https address/,
  ],
  [
    'a variable that is no text',
    'folder: x\ncommand: [x]\nrepositories: { api: { path: x, env: { CI: 1 } } }',
    /repositories\.api\.env\.CI: must be a text: put it in quotes/,
  ],
];

test.each(TESTING)('a test runner with %s is refused, by file, line and field', async (_what, text, message) => {
  await expect(readTestingConfig(await file(text))).rejects.toMatchObject({
    code: 'wrong_usage',
    exitCode: 2,
    message: expect.stringMatching(message),
  });
});

test('every fault is told at once', async () => {
  await expect(readTestingConfig(await file('command: x\ntime_limit: soon\nrepositories: { api: x }'))).rejects.toThrow(
    /folder: is required[\s\S]*command: [\s\S]*time_limit: "soon" is not a duration/,
  );
});

const STAGING: [string, object, RegExp][] = [
  ['no host', { host: undefined }, /host: is required/],
  [
    'a user that ssh takes for an option',
    { user: '-oProxyCommand=x' },
    /the ssh user "-oProxyCommand=x" cannot be used/,
  ],
  [
    'a host that ssh takes for an option',
    { host: '-oProxyCommand=x' },
    /the ssh host "-oProxyCommand=x" cannot be used/,
  ],
  ['a port that is none', { port: 70_000 }, /port: /],
  ['a path that ssh reads otherwise', { identity_file: '/keys/%h' }, /the identity file "\/keys\/%h" cannot be used/],
  ['no command', { command: [] }, /command: must name a program/],
];

test.each(STAGING)('a staging runner with %s is refused', async (_what, wrong, message) => {
  const text = JSON.stringify({
    user: 'deploy',
    host: 'h',
    identity_file: '/k',
    known_hosts_file: '/n',
    command: ['check'],
    ...wrong,
  });
  await expect(readStagingConfig(await file(text))).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(message),
  });
});

test('files that the settings name: one that is missing, a token that is none, rows that are none', async () => {
  await expect(readTestingConfig(join(top, 'nowhere.yaml'))).rejects.toMatchObject({ code: 'unreadable', exitCode: 1 });
  const withSmoke = await file(
    'folder: x\ncommand: [x]\nsmoke: { urls: ["http://h/"], token_file: spaced }\nrepositories: { api: x }',
  );
  await expect(readTestingConfig(withSmoke)).rejects.toMatchObject({
    code: 'unreadable',
    message: expect.stringContaining(join(top, 'spaced')),
  });
  await file('two words', 'spaced');
  const refused = readTestingConfig(withSmoke);
  await expect(refused).rejects.toThrow(/smoke\.token_file: .*spaced holds no token/);
  await expect(refused).rejects.not.toThrow(/two words/);
  await file('outcomes: [{ name: mine, when: { exit_code: 0 }, outcome: passed, says: x }]', 'rows.yaml');
  await expect(
    readTestingConfig(await file('folder: x\ncommand: [x]\noutcomes: rows.yaml\nrepositories: { api: x }')),
  ).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(/rows\.yaml: .*[\s\S]*only exit code 0 passes/),
  });
});
