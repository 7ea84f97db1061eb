import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { until } from '@orchestra/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { pruneWorktrees, withWorktree, WorktreeError } from '../src/index.ts';

let top: string;
let repository: string;
let folder: string;
const commits: string[] = [];

async function git(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', [
    '-C',
    repository,
    '-c',
    'user.name=dana',
    '-c',
    'user.email=dana@example.invalid',
    ...args,
  ]);
  return stdout.trim();
}
const worktrees = async () =>
  (await git('worktree', 'list', '--porcelain')).split('\n').filter((line) => line.startsWith('worktree ')).length - 1;

beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'orchestra-worktrees-'));
  [repository, folder] = [join(top, 'repository'), join(top, 'work')];
  await promisify(execFile)('git', ['init', '-q', '-b', 'main', repository]);
  for (const text of ['one', 'two']) {
    await writeFile(join(repository, 'file'), text);
    await git('add', '.');
    await git('commit', '-q', '-m', text);
    commits.push(await git('rev-parse', 'HEAD'));
  }
});
afterAll(() => rm(top, { recursive: true, force: true }));
afterEach(async () => {
  const left = existsSync(folder) ? await readdir(folder) : [];
  if (left.length > 0 || (await worktrees()) > 0) throw new Error(`worktrees are left: ${left.join(', ')}`);
});

const order = (rest: Partial<Parameters<typeof withWorktree>[0]> = {}) => ({
  repository,
  ref: 'main',
  folder,
  name: 'task-7',
  ...rest,
});

describe('a worktree', () => {
  test('stands at its commit, on no branch, and is gone afterwards with all that was left in it', async () => {
    const answer = await withWorktree(order({ ref: 'main~1' }), async ({ path, commit, ref }) => {
      expect([commit, ref]).toEqual([commits[0], 'refs/heads/main~1']);
      expect(path.startsWith(join(folder, 'task-7-'))).toBe(true);
      expect(await readFile(join(path, 'file'), 'utf8')).toBe('one');
      await writeFile(join(path, 'file'), 'changed');
      await writeFile(join(path, 'left'), 'behind');
      return 42;
    });
    expect(answer).toBe(42);
    expect(await git('status', '--porcelain')).toBe('');
  });

  test('is gone as well when the work in it fails', async () => {
    await expect(
      withWorktree(order(), async ({ path }) => {
        await writeFile(join(path, 'left'), '');
        throw new Error('the work failed');
      }),
    ).rejects.toThrow('the work failed');
  });

  test('of one branch there may be several at a time', async () => {
    const paths = await Promise.all([1, 2, 3].map(() => withWorktree(order(), async ({ path }) => path)));
    expect(new Set(paths).size).toBe(3);
  });

  test('is made and taken away beside one of a neighbour that is half there', async () => {
    const entry = join(repository, '.git', 'worktrees', 'half');
    const bin = join(top, 'bin');
    const { stdout: realGit } = await promisify(execFile)('sh', ['-c', 'command -v git']);
    await mkdir(bin);
    // As a neighbour who makes one just when git reads the entries: each first call of these finds it half there, and
    // the next one gone.
    await writeFile(
      join(bin, 'git'),
      `#!/bin/sh
case "$*" in
  *"worktree add"*) step=add ;;
  *"worktree remove"*) step=remove ;;
  *) exec ${realGit.trim()} "$@" ;;
esac
if [ ! -e "${join(top, 'met')}-$step" ]; then
  touch "${join(top, 'met')}-$step"
  mkdir -p "${entry}" && echo "${join(folder, 'neighbour')}/.git" > "${entry}/gitdir" &&
    : > "${entry}/HEAD" && : > "${entry}/commondir"
fi
${realGit.trim()} "$@"
status=$?
rm -rf "${entry}"
exit $status
`,
      { mode: 0o755 },
    );
    const { PATH } = process.env;
    process.env['PATH'] = `${bin}:${PATH}`;
    try {
      expect(await withWorktree(order(), async ({ path }) => readFile(join(path, 'file'), 'utf8'))).toBe('two');
    } finally {
      process.env['PATH'] = PATH;
    }
    expect((await readdir(top)).filter((name) => name.startsWith('met-')).toSorted()).toEqual([
      'met-add',
      'met-remove',
    ]);
  });

  test('runs no hook of the repository', async () => {
    await writeFile(join(repository, '.git', 'hooks', 'post-checkout'), `#!/bin/sh\ntouch "${join(top, 'hooked')}"\n`, {
      mode: 0o755,
    });
    await withWorktree(order(), async () => {});
    expect(existsSync(join(top, 'hooked'))).toBe(false);
  });

  test.each([
    ['no_such_ref', { ref: 'nowhere' }],
    ['no_such_ref', { ref: '--output=/tmp/x' }],
    ['no_such_ref', { ref: '' }],
    ['no_repository', { repository: tmpdir() }],
    ['no_repository', { repository: '/nowhere' }],
    ['folder_not_writable', { folder: '/dev/null/work' }],
  ] as const)('is refused as %s for %j', async (code, rest) => {
    const refused = await withWorktree(order(rest), async () => {}).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(WorktreeError);
    expect(refused).toMatchObject({ code });
  });

  test('cannot be led elsewhere by its name', async () => {
    await expect(withWorktree(order({ name: '../../etc' }), async () => {})).rejects.toThrow(TypeError);
  });

  test('is not made for one who has been cancelled', async () => {
    await expect(
      withWorktree(order({ signal: AbortSignal.abort(new Error('cancelled')) }), async () => {}),
    ).rejects.toThrow('cancelled');
  });
});

describe('what a killed process has left', () => {
  test('is taken away at the next start, and what is in use is not', async () => {
    const killed = spawn(
      process.execPath,
      [fileURLToPath(new URL('fixture-worktree.ts', import.meta.url)), repository, folder],
      { stdio: 'inherit' },
    );
    await until(
      'it works in its worktree',
      () =>
        existsSync(folder) &&
        readdir(folder).then(
          async (names) => names.length === 1 && existsSync(join(folder, names[0] ?? '', 'at-work')),
        ),
    );
    const [left = ''] = await readdir(folder);
    // Its owner lives.
    expect(await pruneWorktrees({ repository, folder })).toEqual([]);
    const gone = once(killed, 'exit');
    killed.kill('SIGKILL');
    await gone;
    await withWorktree(order(), async ({ path }) => {
      expect(await pruneWorktrees({ repository, folder })).toEqual([join(folder, left)]);
      expect(existsSync(path)).toBe(true);
    });
  });

  test('and locks of other people are left alone', async () => {
    const path = join(folder, 'of-dana');
    await git('worktree', 'add', '-q', '--detach', '--lock', '--reason', 'mine', path, 'main');
    expect(await pruneWorktrees({ repository, folder })).toEqual([]);
    expect(existsSync(path)).toBe(true);
    await git('worktree', 'remove', '-f', '-f', path);
  });
});
