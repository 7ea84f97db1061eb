import { execFile, type ExecFileException } from 'node:child_process';
import { FleetError } from '../errors.ts';

export interface GitOptions {
  /** Exit codes other than 0 that are an answer and not a failure (`git grep` says 1 for "nothing found"). */
  alsoGood?: readonly number[];
  signal?: AbortSignal | undefined;
}

const TIMEOUT_MS = 20_000;
// The list of a million files fits in.
const OUTPUT_BYTES_MAX = 128 * 1024 * 1024;

// What the caller's own git call left in the environment (a hook, for example) would lead to another repository.
const ENVIRONMENT = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))),
  LC_ALL: 'C',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  // What a partial clone lacks stays away: nothing here goes to the network.
  GIT_NO_LAZY_FETCH: '1',
  // Paths are names here, never patterns.
  GIT_LITERAL_PATHSPECS: '1',
};

/**
 * Runs git in `folder`, without a shell, bounded in time and output, and answers what it wrote, in bytes: names in a
 * repository need not be text.
 *
 * @throws FleetError; the signal's reason when it was aborted
 */
export function runGit(
  folder: string,
  args: readonly string[],
  { alsoGood, signal }: GitOptions = {},
): Promise<Buffer> {
  const options = {
    cwd: folder,
    env: ENVIRONMENT,
    encoding: 'buffer' as const,
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL' as const,
    maxBuffer: OUTPUT_BYTES_MAX,
    windowsHide: true,
    ...(signal === undefined ? {} : { signal }),
  };
  return new Promise((resolve, reject) => {
    // core.fsmonitor names a program that git would start on its own.
    execFile(
      'git',
      ['-c', 'core.fsmonitor=false', '-c', 'core.quotepath=off', ...args],
      options,
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        if (typeof error.code === 'number' && alsoGood?.includes(error.code)) return resolve(stdout);
        if (signal?.aborted) return reject(signal.reason);
        reject(refusal(`git ${args[0]}`, error, stderr.toString('utf8')));
      },
    );
  });
}

function refusal(what: string, error: ExecFileException, stderr: string): FleetError {
  const said = stderr.trim().slice(0, 500);
  // The folder's own absence is ENOENT as well, but openRepository has looked at it.
  if (error.code === 'ENOENT')
    return new FleetError('git_missing', 'there is no git on this machine; install it', { cause: error });
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
    return new FleetError('git_output_too_large', `${what} wrote more than may be kept`, { cause: error });
  if (error.killed)
    return new FleetError('git_timed_out', `${what} did not end within ${TIMEOUT_MS / 1_000} s`, { cause: error });
  if (/not a git repository|must be run in a work tree/i.test(said))
    return new FleetError('not_a_repository', said, { cause: error });
  return new FleetError('git_failed', `${what} failed: ${said || error.message}`, { cause: error });
}
