import { readFileSync } from 'node:fs';
import {
  clientSettingsFromEnv,
  DEFAULT_TASKS_URL,
  DEFAULT_URL,
  type ClientSettings,
  type SettingOrigin,
} from '@orchestra-brake/client';
import { ownEnvironment } from '@orchestra/pause-core/own-environment';
import { isInsideCommand } from '@orchestra/pause-core/secret-settings';
import { CommandFailure, wrongUsage } from '../failure.ts';
import { chosenProfile } from './chosen-profile.ts';
import { profilesPath, readProfiles, type Profile } from './profiles-file.ts';

export interface FoundSettings extends ClientSettings {
  /** The profile that they are from; null: none. */
  profile: string | null;
}

/** What somebody is told who has none, where one is needed. */
export const NO_TOKEN =
  'no token was found: set ORCHESTRA_TOKEN, or call this below the folder where `orchestra up` was started';

/**
 * Where the services are and as whom to call them. What the command line says goes before the environment, that before
 * the profile in use, that before the folder of `orchestra up`. A profile's token is sent to the addresses of that
 * profile alone.
 *
 * @throws CommandFailure `settings`, `wrong_usage` for a profile that is not there
 */
export function findSettings(env: NodeJS.ProcessEnv = ownEnvironment()): FoundSettings {
  const asked = chosenProfile();
  if (isInsideCommand(env)) return insideCommand(env, asked ?? env['ORCHESTRA_PROFILE']);
  if (asked !== undefined) return { ...ofProfile(asked, 'the command line'), home: undefined, profile: asked };
  const named = env['ORCHESTRA_PROFILE'] || undefined;
  const hasAddress = Boolean(env['ORCHESTRA_URL'] || env['ORCHESTRA_TASKS_URL']);
  if (named !== undefined && hasAddress)
    throw wrongUsage(
      'ORCHESTRA_PROFILE and ORCHESTRA_URL (or ORCHESTRA_TASKS_URL) are both set, and may mean different ' +
        'services: unset one',
    );
  const name = named ?? (hasAddress || env['ORCHESTRA_HOME'] ? null : readProfiles().current);
  if (name === null) return { ...fromEnv(env), profile: null };
  const found = ofProfile(name, named === undefined ? profilesPath() : 'ORCHESTRA_PROFILE');
  const own = tokenOf(env);
  if (own === undefined) return { ...found, home: undefined, profile: name };
  return {
    ...found,
    token: own.token,
    origins: { ...found.origins, token: own.origins.token },
    home: undefined,
    profile: name,
  };
}

/**
 * A profile may hold an operator's token, with which a command could lift its own pause. Only what the command was
 * handed on purpose counts.
 */
function insideCommand(env: NodeJS.ProcessEnv, profile: string | undefined): FoundSettings {
  if (profile)
    throw wrongUsage(
      'profiles are not used inside a command that a worker runs; give it a token of its own: `orchestra ' +
        'worker --env ORCHESTRA_TOKEN_FILE=FILE -- COMMAND`',
    );
  return { ...fromEnv(env), profile: null };
}

function tokenOf(env: NodeJS.ProcessEnv): ClientSettings | undefined {
  if (!env['ORCHESTRA_TOKEN'] && !env['ORCHESTRA_TOKEN_FILE']) return undefined;
  // With both addresses given, a folder of `orchestra up` is looked for only where these say no token (an empty file):
  // that folder's is for its own services.
  const found = fromEnv({
    ORCHESTRA_TOKEN: env['ORCHESTRA_TOKEN'],
    ORCHESTRA_TOKEN_FILE: env['ORCHESTRA_TOKEN_FILE'],
    ORCHESTRA_URL: DEFAULT_URL,
    ORCHESTRA_TASKS_URL: DEFAULT_TASKS_URL,
  });
  return found.home === undefined && found.token !== undefined ? found : undefined;
}

function fromEnv(env: Record<string, string | undefined>): ClientSettings {
  try {
    return clientSettingsFromEnv(env);
  } catch (cause) {
    throw new CommandFailure('settings', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function ofProfile(name: string, namedBy: string): Omit<ClientSettings, 'home'> {
  const { profiles } = readProfiles();
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (profile === undefined) {
    throw wrongUsage(
      `there is no profile "${name}", which ${namedBy} names; ` +
        `${Object.keys(profiles).length === 0 ? 'make it with `orchestra profile set`' : `there are: ${Object.keys(profiles).join(', ')}`}`,
    );
  }
  const token = profile.token ?? readToken(name, profile);
  const origin: SettingOrigin = { kind: 'profile', name };
  return {
    url: profile.url,
    tasksUrl: profile.tasks_url,
    token,
    origins: { url: origin, tasksUrl: origin, token: token === undefined ? undefined : origin },
  };
}

function readToken(name: string, { token_file: file }: Profile): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch (cause) {
    throw new CommandFailure(
      'settings',
      `the token of profile "${name}" cannot be read from ${file}: ` +
        `${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
