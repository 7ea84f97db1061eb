// What a ref means in a clone that is kept fetched.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveRef } from '../src/worktree/resolve-ref.ts';

let top: string;
const at = (name: string) => join(top, name);
const commits: Record<string, string> = {};

async function git(repository: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', [
    '-C',
    at(repository),
    '-c',
    'user.name=dana',
    '-c',
    'user.email=dana@example.invalid',
    ...args,
  ]);
  return stdout.trim();
}
async function commit(repository: string, text: string): Promise<void> {
  await writeFile(join(at(repository), 'file'), text);
  await git(repository, 'add', '.');
  await git(repository, 'commit', '-q', '-m', text);
  commits[text] = await git(repository, 'rev-parse', 'HEAD');
}
/** What stands in the commit that is meant, and the name that it was found by. */
async function tested(repository: string, ref: string): Promise<[text: string, ref: string]> {
  const found = await resolveRef(at(repository), ref);
  const text = Object.keys(commits).find((one) => commits[one] === found.commit);
  return [text ?? found.commit, found.ref];
}
const refused = (repository: string, ref: string) =>
  tested(repository, ref).then(
    (found) => {
      throw new Error(`it was taken for ${found.join()}`);
    },
    (error: unknown) => error,
  );

beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'orchestra-refs-'));
  await promisify(execFile)('git', ['init', '-q', '-b', 'main', at('up')]);
  await commit('up', 'old');
  await git('up', 'branch', 'feature');
  await git('up', 'branch', 'gone');
  await git('up', 'tag', '-a', 'v1', '-m', 'v1');
  const clone = async (name: string, ...args: string[]) => {
    await promisify(execFile)('git', ['clone', '-q', ...args, at('up'), at(name)]);
  };
  await clone('clone');
  await clone('mirror', '--mirror');
  await clone('renamed', '--origin', 'upstream');
  await clone('bare', '--bare');
  await clone('two');
  await clone('one', '--single-branch');
  for (const name of ['clone', 'renamed', 'two'])
    await git(name, 'branch', '-q', '--track', 'gone', `${name === 'renamed' ? 'upstream' : 'origin'}/gone`);
  await git('clone', 'branch', '-q', '--no-track', 'mine', 'origin/main');
  await git('clone', 'branch', '-q', '--track', 'mine-of-main', 'origin/main');
  await git('clone', 'tag', 'feature-tag', 'origin/main');
  await git('one', 'branch', '-q', 'feature');

  await commit('up', 'new');
  await git('up', 'branch', '-D', '-q', 'gone');
  await git('up', 'checkout', '-q', 'feature');
  await commit('up', 'new feature');
  await git('up', 'checkout', '-q', 'main');
  for (const name of ['clone', 'mirror', 'renamed', 'two', 'one']) await git(name, 'fetch', '-q', '--prune');
  await git('clone', 'tag', 'both', 'origin/main');
  await git('clone', 'branch', '-q', 'both', 'main');

  // A fork that has gone on by itself.
  await promisify(execFile)('git', ['clone', '-q', at('up'), at('fork')]);
  await git('fork', 'checkout', '-q', 'feature');
  await commit('fork', 'of the fork');
  await git('two', 'remote', 'add', 'fork', at('fork'));
  await git('two', 'fetch', '-q', 'fork');
});
afterAll(() => rm(top, { recursive: true, force: true }));

describe('in a clone that is kept fetched', () => {
  test.each([
    ['main', 'new', 'refs/remotes/origin/main'],
    ['HEAD', 'new', 'refs/remotes/origin/main'],
    ['@', 'new', 'refs/remotes/origin/main'],
    ['refs/heads/main', 'new', 'refs/remotes/origin/main'],
    ['heads/main', 'new', 'refs/remotes/origin/main'],
    ['main~1', 'old', 'refs/remotes/origin/main~1'],
    ['origin/main', 'new', 'refs/remotes/origin/main'],
    ['refs/remotes/origin/main', 'new', 'refs/remotes/origin/main'],
    ['origin', 'new', 'refs/remotes/origin/HEAD'],
    ['feature', 'new feature', 'refs/remotes/origin/feature'],
    ['v1', 'old', 'refs/tags/v1'],
    ['refs/tags/v1', 'old', 'refs/tags/v1'],
    ['tags/v1^{}', 'old', 'refs/tags/v1^{}'],
    ['mine', 'old', 'refs/heads/mine'],
    ['mine-of-main', 'old', 'refs/heads/mine-of-main'],
  ])('%s is %s, as %s', async (ref, text, as) => {
    expect(await tested('clone', ref)).toEqual([text, as]);
  });

  test('a commit is itself, whole and abbreviated', async () => {
    for (const words of [commits['old'] ?? '', commits['old']?.toUpperCase() ?? '', commits['old']?.slice(0, 10) ?? ''])
      expect(await tested('clone', words)).toEqual(['old', commits['old']]);
  });

  test('HEAD without a branch is the commit that is checked out', async () => {
    await git('two', 'checkout', '-q', '--detach', commits['old'] ?? '');
    expect(await tested('two', 'HEAD')).toEqual(['old', 'HEAD']);
    await git('two', 'checkout', '-q', 'main');
    expect(await tested('two', 'HEAD')).toEqual(['new', 'refs/remotes/origin/main']);
  });
});

test.each([
  ['mirror', 'main', 'new', 'refs/heads/main'],
  ['mirror', 'HEAD', 'new', 'refs/heads/main'],
  ['renamed', 'main', 'new', 'refs/remotes/upstream/main'],
  ['renamed', 'HEAD', 'new', 'refs/remotes/upstream/main'],
  ['bare', 'main', 'old', 'refs/heads/main'],
  ['one', 'main', 'new', 'refs/remotes/origin/main'],
  ['one', 'feature', 'old', 'refs/heads/feature'],
  ['two', 'main', 'new', 'refs/remotes/origin/main'],
  ['two', 'origin/feature', 'new feature', 'refs/remotes/origin/feature'],
  ['two', 'fork/feature', 'of the fork', 'refs/remotes/fork/feature'],
])('in the clone "%s" %s is %s', async (repository, ref, text, as) => {
  expect(await tested(repository, ref)).toEqual([text, as]);
});

describe('is refused, and nothing else is tested in its place', () => {
  test.each([
    ['a name that nothing has', 'clone', 'nowhere', 'no_such_ref', /"nowhere" names no branch, tag or commit in /],
    [
      'what git would take for a commit with a name before it',
      'clone',
      'v9-1-gCOMMIT',
      'no_such_ref',
      /names no branch, tag or commit/,
    ],
    ['a commit that is not there', 'clone', 'f'.repeat(40), 'no_such_ref', /names no branch, tag or commit/],
    ['an ancestor that there is not', 'clone', 'main~7', 'no_such_ref', /has no such ancestor/],
    ['words that git has for something else', 'clone', 'main@{upstream}', 'no_such_ref', /is not understood/],
    ['an option', 'clone', '--all', 'no_such_ref', /is not understood/],
    ['what was fetched by hand', 'bare', 'FETCH_HEAD', 'no_such_ref', /names no branch, tag or commit/],
    [
      'a branch that its remote has deleted',
      'clone',
      'gone',
      'no_such_ref',
      /follows refs\/remotes\/origin\/gone, which is not there any more/,
    ],
    [
      'a branch and a tag of one name',
      'clone',
      'both',
      'ambiguous_ref',
      /"both" is ambiguous.*refs\/heads\/both \([0-9a-f]{12}\), refs\/tags\/both/,
    ],
    [
      'a branch of two remotes',
      'two',
      'feature',
      'ambiguous_ref',
      /refs\/remotes\/(?:origin|fork)\/feature \([0-9a-f]{12}\), refs\/remotes\//,
    ],
  ])('%s', async (_what, repository, ref, code, message) => {
    expect(await refused(repository, ref.replace('COMMIT', commits['old']?.slice(0, 10) ?? ''))).toMatchObject({
      name: 'WorktreeError',
      code,
      message: expect.stringMatching(message),
    });
  });

  test('the beginning of a commit that is the name of a branch as well', async () => {
    const short = commits['old']?.slice(0, 8) ?? '';
    await git('clone', 'branch', '-q', short, 'origin/main');
    expect(await refused('clone', short)).toMatchObject({ code: 'ambiguous_ref' });
    expect(await tested('clone', commits['old'] ?? '')).toEqual(['old', commits['old']]);
    await git('clone', 'branch', '-D', '-q', short);
  });

  test('HEAD of a clone whose branch is not there', async () => {
    await git('bare', 'symbolic-ref', 'HEAD', 'refs/heads/nowhere');
    expect(await refused('bare', 'HEAD')).toMatchObject({ code: 'no_such_ref' });
  });
});

test('of two remotes the one that git is told to prefer is meant', async () => {
  await git('two', 'config', 'checkout.defaultRemote', 'fork');
  expect(await tested('two', 'feature')).toEqual(['of the fork', 'refs/remotes/fork/feature']);
});
