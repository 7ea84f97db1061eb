import { splitSecrets } from '@orchestra/pause-core/secret-settings';
import { runToItsEnd, type OwnEnd } from '../process/run-to-its-end.ts';

const TIME_LIMIT_MS = 600_000;
const GRACE_MS = 5_000;
const PRINTED_BYTES_MAX = 4 * 1_024 * 1_024;
// Set where a git hook started us: they would turn every command of ours to another repository.
const OF_ANOTHER_REPOSITORY = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_COMMON_DIR',
  'GIT_OBJECT_DIRECTORY',
  'GIT_PREFIX',
  'GIT_NAMESPACE',
];

export interface GitOptions {
  signal?: AbortSignal | undefined;
  timeLimitMs?: number | undefined;
  stdin?: string | undefined;
  /** `-c` and `name=value`, each a word, for this call and what it calls. */
  settings?: readonly string[] | undefined;
  /** More is an error. 4 MiB unless given. */
  printedBytesMax?: number | undefined;
}

/** git itself said no, or could not be run. */
export class GitFailure extends Error {
  override readonly name = 'GitFailure';
  readonly command: readonly string[];
  readonly end: OwnEnd;

  constructor(command: readonly string[], end: OwnEnd) {
    const said = end.stderr.text().trim();
    super(
      end.startProblem === null
        ? `${command.join(' ')} ended with ${end.exitCode ?? end.signal}${said === '' ? '' : `: ${said}`}`
        : `git cannot be started: ${end.startProblem.message}`,
    );
    this.command = command;
    this.end = end;
  }
}

/**
 * Runs git in a repository, asking nobody anything, and without the repository's hooks: what a task brings is not run
 * before its time.
 *
 * @returns what it printed
 * @throws GitFailure; the reason of `signal` where that ended it
 */
export async function git(
  repository: string,
  args: readonly string[],
  { signal, timeLimitMs = TIME_LIMIT_MS, stdin, settings = [], printedBytesMax = PRINTED_BYTES_MAX }: GitOptions = {},
): Promise<string> {
  const env: NodeJS.ProcessEnv = {
    ...splitSecrets(process.env).open,
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    LC_ALL: 'C',
  };
  for (const name of OF_ANOTHER_REPOSITORY) delete env[name];
  const command = ['git', '-C', repository, '-c', 'core.hooksPath=/dev/null', ...settings, ...args];
  const end = await runToItsEnd({
    command,
    env,
    timeLimitMs,
    graceMs: GRACE_MS,
    keepBytes: { head: 0, tail: printedBytesMax },
    signal,
    stdin,
  });
  const printed = end.stdout.bytes();
  // Half of a list is worse than none: what stands beside the gap would belong together.
  if (end.why !== 'exited' || end.exitCode !== 0 || printed === undefined) throw new GitFailure(command, end);
  return printed.toString('utf8');
}
