import { readFileSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { ownEnvironment } from '@orchestra/pause-core/own-environment';
import { z } from 'zod';
import { CommandFailure } from '../failure.ts';
import { writePrivately } from '../up/home.ts';

const profile = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  tasks_url: z.url({ protocol: /^https?$/ }),
  token: z.string().min(1).optional(),
  token_file: z.string().min(1).optional(),
});
const PROFILES_MAX = 200;
const profilesFile = z.strictObject({
  current: z.string().nullable().default(null),
  profiles: z
    .record(z.string(), profile)
    .refine((all) => Object.keys(all).length <= PROFILES_MAX, `must hold at most ${PROFILES_MAX} profiles`)
    .default({}),
});

/** Where a set of services is, and as whom to call them. */
export type Profile = z.infer<typeof profile>;
export type Profiles = z.infer<typeof profilesFile>;

const OTHERS_MAY_READ = 0o077;

/** `orchestra/config.json` below `$XDG_CONFIG_HOME`, `~/.config` unless set. */
export function profilesPath(env: NodeJS.ProcessEnv = ownEnvironment()): string {
  const folder = env['XDG_CONFIG_HOME'];
  // The XDG standard asks that a relative one be passed over.
  return join(folder?.startsWith('/') ? folder : join(homedir(), '.config'), 'orchestra', 'config.json');
}

/**
 * The profiles of this user; none where no file is.
 *
 * @throws CommandFailure `settings` for a file that cannot be read or understood, or that holds a token and is open to
 *   others
 */
export function readProfiles(path: string = profilesPath()): Profiles {
  const text = readIfThere(path);
  if (text === undefined) return { current: null, profiles: {} };
  const parsed = profilesFile.safeParse(parseJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new CommandFailure(
      'settings',
      `${path} is not as \`orchestra profile set\` writes it (${issue?.path.join('.') || 'the file'}: ` +
        `${issue?.message ?? 'unreadable'}); repair or remove it`,
      { cause: parsed.error },
    );
  }
  const holdsToken = Object.values(parsed.data.profiles).some(({ token }) => token !== undefined);
  if (holdsToken && process.platform !== 'win32' && (statSync(path).mode & OTHERS_MAY_READ) !== 0) {
    throw new CommandFailure('settings', `${path} holds a token and others may read it: run \`chmod 600 ${path}\``);
  }
  return parsed.data;
}

/** Writes them for their owner alone to read, whole or not at all. */
export async function writeProfiles(profiles: Profiles, path: string = profilesPath()): Promise<void> {
  const folder = dirname(path);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writePrivately(path, `${JSON.stringify(profilesFile.parse(profiles), undefined, 2)}\n`);
  } catch (cause) {
    throw new CommandFailure(
      'settings',
      `cannot write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

function readIfThere(path: string): string | undefined {
  try {
    // The decoder leaves out a byte order mark, which Windows writes.
    return new TextDecoder().decode(readFileSync(path));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR'))
      return undefined;
    throw new CommandFailure(
      'settings',
      `cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the contract then says that it is none
  }
}
