// A worktree holds all that its commit means: submodules, and what git filters put into files.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withWorktree, type WorktreeOrder } from '../src/index.ts';

let top: string;
const at = (...names: string[]) => join(top, ...names);

async function git(repository: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', [
    '-C',
    at(repository),
    '-c',
    'user.name=dana',
    '-c',
    'user.email=dana@example.invalid',
    '-c',
    'protocol.file.allow=always',
    ...args,
  ]);
  return stdout.trim();
}
async function repository(name: string, files: Record<string, string>): Promise<void> {
  await promisify(execFile)('git', ['init', '-q', '-b', 'main', at(name)]);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(at(name), path, '..'), { recursive: true });
    await writeFile(at(name, path), text);
  }
  await git(name, 'add', '.');
  await git(name, 'commit', '-q', '-m', name);
}
const inWorktree = <T>(name: string, look: (path: string) => Promise<T>, rest: Partial<WorktreeOrder> = {}) =>
  withWorktree({ repository: at(name), ref: 'main', folder: at('work'), ...rest }, ({ path }) => look(path));
const fileIn = (name: string, file: string) => inWorktree(name, (path) => readFile(join(path, file), 'utf8'));
const refused = (name: string) => inWorktree(name, async () => 'it was made').catch((error: unknown) => error);

const LFS = '*.bin filter=lfs diff=lfs merge=lfs -text\n';
const POINTER =
  'version https://git-lfs.github.com/spec/v1\noid ' +
  'sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n';

beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'orchestra-content-'));
  // Anyone who runs these tests may have filters of their own.
  Object.assign(process.env, { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' });
});
afterAll(async () => {
  await rm(top, { recursive: true, force: true });
});

describe('submodules', () => {
  beforeAll(async () => {
    await repository('inner', { 'inner.txt': 'inner' });
    await repository('lib', { 'lib.txt': 'lib' });
    await git('lib', 'submodule', '--quiet', 'add', at('inner'), 'deep/inner');
    await git('lib', 'commit', '-q', '-m', 'inner');
    await repository('app', { 'app.txt': 'app' });
    await git('app', 'submodule', '--quiet', 'add', at('lib'), 'the lib');
    await git('app', 'commit', '-q', '-m', 'lib');
    // A later commit of the submodule is not the one that is recorded.
    await writeFile(at('lib', 'lib.txt'), 'later');
    await git('lib', 'commit', '-q', '-a', '-m', 'later');
    await promisify(execFile)('git', ['clone', '-q', '--mirror', at('app'), at('mirror')]);
    await promisify(execFile)('git', ['clone', '-q', at('app'), at('clone')]);
  });

  test.each(['app', 'clone', 'mirror'])(
    'are filled in, and theirs, at the commits that are recorded; in "%s"',
    async (name) => {
      expect(await fileIn(name, 'the lib/lib.txt')).toBe('lib');
      expect(await fileIn(name, 'the lib/deep/inner/inner.txt')).toBe('inner');
    },
  );

  test('write nothing into the settings of the clone, which a neighbour may be writing', async () => {
    await Promise.all([1, 2].map(() => fileIn('clone', 'the lib/lib.txt')));
    expect(await git('clone', 'config', '--local', '--list')).not.toContain('submodule.');
  });

  test('that cannot be reached are told, and nothing is tested without them', async () => {
    await promisify(execFile)('git', ['clone', '-q', at('app'), at('cut-off')]);
    await git('cut-off', 'config', 'submodule.the lib.url', at('nowhere'));
    expect(await refused('cut-off')).toMatchObject({
      name: 'WorktreeError',
      code: 'submodules_missing',
      message: expect.stringMatching(/the lib.*nowhere/s),
    });
  });

  test('that the settings of the clone leave out are told', async () => {
    await promisify(execFile)('git', ['clone', '-q', at('app'), at('left-out')]);
    await git('left-out', 'config', 'submodule.the lib.active', 'false');
    expect(await refused('left-out')).toMatchObject({
      code: 'submodules_missing',
      message: 'the submodule the lib stays empty: the settings of this clone leave it out',
    });
  });

  test('that the project wants empty stay so, and so do those without an address', async () => {
    await promisify(execFile)('git', ['clone', '-q', at('app'), at('wants-none')]);
    await git('wants-none', 'config', '--file', '.gitmodules', 'submodule.the lib.update', 'none');
    await git('wants-none', 'clone', '-q', at('inner'), 'embedded');
    await git('wants-none', 'add', '-A');
    await git('wants-none', 'commit', '-q', '-m', 'none');
    await git('wants-none', 'remote', 'remove', 'origin');
    expect(
      await inWorktree('wants-none', async (path) => [
        await readdir(join(path, 'the lib')),
        await readdir(join(path, 'embedded')),
      ]),
    ).toEqual([[], []]);
  });
});

describe('content that a git filter puts into files', () => {
  test('of git-lfs is missed where git-lfs is not set up: git says nothing of it', async () => {
    await repository('lfs', {
      '.gitattributes': LFS,
      'a.bin': POINTER,
      'b.bin': POINTER,
      'c.bin': POINTER,
      'deep/d.bin': POINTER,
      'plain.txt': POINTER,
    });
    expect(await refused('lfs')).toMatchObject({
      code: 'filter_not_set_up',
      message:
        'the git filter lfs is not set up here, so a.bin, b.bin, c.bin and 1 more would be tested as stored ' +
        'and not as meant',
    });
  });

  test('is missed in a submodule as well', async () => {
    await repository('around', { 'app.txt': 'app' });
    await git('around', 'submodule', '--quiet', 'add', at('lfs'), 'data');
    await git('around', 'commit', '-q', '-m', 'data');
    expect(await refused('around')).toMatchObject({ code: 'filter_not_set_up' });
  });

  test('is missed where the filter is set up and only hands on the pointer', async () => {
    await promisify(execFile)('git', ['clone', '-q', at('lfs'), at('skips')]);
    await git('skips', 'config', 'filter.lfs.smudge', 'cat');
    expect(await refused('skips')).toMatchObject({
      code: 'content_missing',
      message: expect.stringContaining('a.bin, b.bin, c.bin and 1 more'),
    });
    // Unless somebody has said that it should.
    await git('skips', 'config', 'lfs.fetchexclude', '*');
    expect(await fileIn('skips', 'a.bin')).toBe(POINTER);
  });

  test.each([
    ['a process', { process: 'git-lfs-of-orchestra filter-process' }, /git-lfs-of-orchestra: (?:command )?not found/],
    [
      'a command that is required',
      { smudge: 'git-lfs-of-orchestra smudge -- %f', required: 'true' },
      /smudge filter lfs failed/,
    ],
    [
      'a command that is not required, after which git would go on',
      { smudge: 'git-lfs-of-orchestra smudge -- %f' },
      /smudge filter lfs failed/,
    ],
  ])('is told where the filter is set up and missing, as %s', async (_what, settings, message) => {
    const name = `missing-${Object.keys(settings).join('-')}`;
    await promisify(execFile)('git', ['clone', '-q', at('lfs'), at(name)]);
    for (const [key, value] of Object.entries(settings)) await git(name, 'config', `filter.lfs.${key}`, value);
    expect(await refused(name)).toMatchObject({ code: 'not_made', message: expect.stringMatching(message) });
  });

  test('is there where the filter works', async () => {
    await repository('works', { '.gitattributes': '*.txt filter=upper\n', 'a.txt': 'stored\n' });
    await git('works', 'config', 'filter.upper.smudge', 'tr a-z A-Z');
    expect(await fileIn('works', 'a.txt')).toBe('STORED\n');
  });

  test('is missed for any filter that is not set up, but not for one that works on the way in alone', async () => {
    await repository('vault', { '.gitattributes': '*.key filter=vault.of-dana\n', 'a.key': 'sealed' });
    expect(await refused('vault')).toMatchObject({
      code: 'filter_not_set_up',
      message: expect.stringContaining('the git filter vault.of-dana is not set up here, so a.key'),
    });
    await repository('notebooks', {
      '.gitattributes': '*.ipynb filter=nbstripout\n# a word about another filter=lfs\n',
      'a.ipynb': '{}',
    });
    expect(await fileIn('notebooks', 'a.ipynb')).toBe('{}');
  });
});

test('nothing of it is left', async () => {
  expect(existsSync(at('work')) ? await readdir(at('work')) : []).toEqual([]);
});
