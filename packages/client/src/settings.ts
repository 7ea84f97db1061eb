import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isInsideCommand } from '@orchestra/pause-core/secret-settings';
import { z } from 'zod';

/** Where the services are and as whom to call them. */
export interface ClientSettings {
  /** pause-api */
  url: string;
  /** worker-claimer */
  tasksUrl: string;
  token: string | undefined;
  /** The folder that `orchestra up` wrote to; undefined: none was looked for, or none found. */
  home: string | undefined;
  /** Where each of the three was found, for messages. */
  origins: SettingOrigins;
}

/** Where a setting was found. `name` is the name of the option, variable or profile, or the path of the file. */
export interface SettingOrigin {
  kind: 'option' | 'variable' | 'file' | 'profile' | 'default';
  name: string;
}

export interface SettingOrigins {
  url: SettingOrigin;
  tasksUrl: SettingOrigin;
  /** undefined: there is no token. */
  token: SettingOrigin | undefined;
}

export const DEFAULT_URL = 'http://127.0.0.1:4400';
export const DEFAULT_TASKS_URL = 'http://127.0.0.1:4401';

const HOME_NAME = '.orchestra';
const SERVICES_FILE = 'services.json';
// Deeper than any real working directory: the walk to the root has a limit also on odd file systems.
const FOLDERS_MAX = 256;

const servicesFile = z.object({ pause_api: z.url(), worker_claimer: z.url() });

/**
 * The settings from the environment, and where that leaves some open, from what `orchestra up` wrote: `ORCHESTRA_HOME`,
 * or the nearest `.orchestra` from `cwd` upward. Reads at most two small files. Inside a command that a worker runs no
 * folder is searched for: its token could lift the pause that is meant to stop that very command.
 *
 * @throws Error when a file is unreadable, or when a folder that was found by searching belongs to another user: its
 * addresses could lead this user's token astray
 */
export function clientSettingsFromEnv(
  env: Record<string, string | undefined>,
  cwd: string = process.cwd(),
): ClientSettings {
  const url = variable(env, 'ORCHESTRA_URL');
  const tasksUrl = variable(env, 'ORCHESTRA_TASKS_URL');
  const token = variable(env, 'ORCHESTRA_TOKEN') ?? tokenFrom(env['ORCHESTRA_TOKEN_FILE'] || undefined);
  const home = url && tasksUrl && token ? undefined : homeFolder(env, cwd);
  const services = home !== undefined && !(url && tasksUrl) ? readServices(join(home, SERVICES_FILE)) : undefined;
  const ofHome = (value: string | undefined): Found | undefined =>
    value === undefined || home === undefined
      ? undefined
      : { value, origin: { kind: 'file', name: join(home, SERVICES_FILE) } };
  const found = {
    url: url ?? ofHome(services?.pause_api) ?? byDefault(DEFAULT_URL),
    tasksUrl: tasksUrl ?? ofHome(services?.worker_claimer) ?? byDefault(DEFAULT_TASKS_URL),
    token: token ?? (home === undefined ? undefined : tokenIn(join(home, 'admin-token'))),
  };
  return {
    url: found.url.value,
    tasksUrl: found.tasksUrl.value,
    token: found.token?.value,
    home,
    origins: { url: found.url.origin, tasksUrl: found.tasksUrl.origin, token: found.token?.origin },
  };
}

interface Found {
  value: string;
  origin: SettingOrigin;
}

function variable(env: Record<string, string | undefined>, name: string): Found | undefined {
  const value = env[name]?.trim() || undefined;
  return value === undefined ? undefined : { value, origin: { kind: 'variable', name } };
}

function byDefault(value: string): Found {
  return { value, origin: { kind: 'default', name: value } };
}

/** A secret by way of a file, as the services take theirs. */
function tokenFrom(file: string | undefined): Found | undefined {
  if (file === undefined) return undefined;
  if (readIfThere(file) === undefined) throw new Error(`ORCHESTRA_TOKEN_FILE names ${file}, which is not there`);
  return tokenIn(file);
}

function tokenIn(file: string): Found | undefined {
  const value = readIfThere(file)?.trim() || undefined;
  return value === undefined ? undefined : { value, origin: { kind: 'file', name: file } };
}

function homeFolder(env: Record<string, string | undefined>, cwd: string): string | undefined {
  const named = env['ORCHESTRA_HOME'] || undefined;
  if (named !== undefined) return resolve(cwd, named);
  if (isInsideCommand(env)) return undefined;
  let folder = resolve(cwd);
  for (let looked = 0; looked < FOLDERS_MAX; looked++) {
    const candidate = join(folder, HOME_NAME);
    if (existsSync(candidate)) return trusted(candidate);
    if (dirname(folder) === folder) return undefined;
    folder = dirname(folder);
  }
  return undefined;
}

function trusted(folder: string): string {
  const owner = statSync(folder).uid;
  const user = process.getuid?.();
  if (user === undefined || owner === user || owner === 0) return folder;
  throw new Error(
    `${folder} belongs to another user (${owner}), so its addresses and token are not used; set ` +
      `ORCHESTRA_HOME=${folder} if you trust it`,
  );
}

function readServices(file: string): z.infer<typeof servicesFile> | undefined {
  const text = readIfThere(file);
  if (text === undefined) return undefined;
  try {
    return servicesFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${file} is not as \`orchestra up\` writes it; remove it, or start \`orchestra up\` again`, {
      cause,
    });
  }
}

function readIfThere(file: string): string | undefined {
  try {
    // The decoder leaves out a byte order mark, which Windows writes.
    return new TextDecoder().decode(readFileSync(file));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR'))
      return undefined;
    throw new Error(
      `cannot read ${file}; set ORCHESTRA_TOKEN, ORCHESTRA_URL and ORCHESTRA_TASKS_URL to do without it`,
      { cause },
    );
  }
}
