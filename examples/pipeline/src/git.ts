import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
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
const TIME_LIMIT_MS = 30_000;

/** Runs git in a folder. @returns what it printed, without the last line's end */
export async function git(folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('git', [...IDENTITY, ...args], { cwd: folder, timeout: TIME_LIMIT_MS });
  return stdout.trimEnd();
}
