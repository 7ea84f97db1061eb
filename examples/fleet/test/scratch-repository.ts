import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

const IDENTITY = [
  '-c',
  'user.name=Ada',
  '-c',
  'user.email=ada@example.com',
  '-c',
  'commit.gpgsign=false',
  '-c',
  'core.hooksPath=/dev/null',
];

/** A git repository of one test, removed with it. */
export class ScratchRepository {
  /** Absolute, without symbolic links. */
  readonly root: string;

  constructor(
    files: Readonly<Record<string, string | Buffer>> = {},
    options: { objectFormat?: 'sha1' | 'sha256' } = {},
  ) {
    this.root = realpathSync(mkdtempSync(join(tmpdir(), 'orchestra-fleet-')));
    onTestFinished(() => rmSync(this.root, { recursive: true, force: true }));
    this.git('init', '--quiet', `--object-format=${options.objectFormat ?? 'sha1'}`);
    this.git('config', 'core.autocrlf', 'false');
    for (const [name, content] of Object.entries(files)) this.write(name, content);
    if (Object.keys(files).length > 0) this.commit();
  }

  git(...args: string[]): string {
    return this.gitInput('', ...args);
  }

  gitInput(input: string, ...args: string[]): string {
    return execFileSync('git', [...IDENTITY, ...args], {
      cwd: this.root,
      encoding: 'utf8',
      input,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
  }

  /** Writes a file without telling git. */
  write(name: string, content: string | Buffer): void {
    const place = join(this.root, name);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, content);
  }

  commit(message = 'change'): void {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message', message);
  }
}
