import { basename } from 'node:path';

/** What tells how this process was started. */
export interface Start {
  pid: number;
  /** The file that Node.js runs, as it was named. */
  program: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Whether this is the repository, and not an installed package. */
  isRepository: boolean;
}

/**
 * Set by the launcher in the repository: the process that it becomes, and how it was called. What that process starts
 * was called otherwise.
 */
const LAUNCHED_AS = 'ORCHESTRA_LAUNCHED_AS';
// What the scripts of the repository's package.json run this by.
const SCRIPTS = ['start', 'orchestra'];
const PLAIN = 'orchestra';
// npx and dlx take this name from the registry where nothing is installed, and it is our package. `orchestra` is not.
const PACKAGE = 'orchestra-brake';

/** The command that calls this program again in the same way: `orchestra`, `./orchestra`, `npx orchestra-brake`. */
export function commandName({ pid, program, env, isRepository }: Start): string {
  const [launched, ...typed] = env[LAUNCHED_AS]?.split(' ') ?? [];
  if (launched === String(pid)) return typed.join(' ');
  if (isRepository) return SCRIPTS.includes(env['npm_lifecycle_event'] ?? '') ? 'npx pnpm orchestra' : PLAIN;
  // What pnpm and yarn link names the file itself, however it is started.
  const name = /\.[cm]?js$/.test(program) ? undefined : basename(program);
  const isTemporary = /[\\/](dlx|dlx-[^\\/]*)[\\/]/.test(program);
  switch (env['npm_config_user_agent']?.split('/', 1)[0]) {
    case 'npm':
      return `npx ${name ?? PACKAGE}`;
    case 'pnpm':
      return isTemporary ? `pnpm dlx ${PACKAGE}` : `pnpm exec ${name ?? PACKAGE}`;
    case 'yarn':
      return isTemporary ? `yarn dlx ${PACKAGE}` : `yarn ${name ?? PACKAGE}`;
    default:
      return name ?? PLAIN;
  }
}

/** How the person at the keyboard has started this process. Every hint names the command by it. */
export const COMMAND = commandName({
  pid: process.pid,
  program: process.argv[1] ?? '',
  env: process.env,
  isRepository: import.meta.filename.endsWith('.ts'),
});

/** A message that names a command in backticks, as in "run `orchestra db migrate`", for the person at the keyboard. */
export function withCommandName(message: string): string {
  return message.replaceAll('`orchestra ', `\`${COMMAND} `);
}
