import { readFileSync } from 'node:fs';

/**
 * Set in the environment of everything that a worker runs. There nobody searches for a home or a profile: what they
 * hold can lift a pause.
 */
export const INSIDE_COMMAND = 'ORCHESTRA_INSIDE_COMMAND';

type Environment = Readonly<Record<string, string | undefined>>;

// Every other ORCHESTRA_ variable is withheld, so that a setting that comes later cannot be forgotten here.
const OPEN = new Set([
  INSIDE_COMMAND,
  'ORCHESTRA_SCHEMA',
  'ORCHESTRA_URL',
  'ORCHESTRA_TASKS_URL',
  'ORCHESTRA_PROCESS_MARKS',
  'ORCHESTRA_STARTED_BY',
  'ORCHESTRA_LAUNCHED_AS',
]);
const SECRET_NAME =
  /^(?:ORCHESTRA_|PG)|^(?:(?:LISTEN_)?DATABASE_URL|POSTGRES_PASSWORD|OTEL_EXPORTER_OTLP_(?:TRACES_)?HEADERS)(?:_FILE)?$/;
// A token of ours, or the key that signs notices, under whatever name.
const SECRET_VALUE = /\borc_[A-Za-z0-9_-]{43}|\bwhsec_[A-Za-z0-9+/]{32}/;
const NOTICES_CHARACTERS_MAX = 1_000_000;

/** Whether somebody works inside a command that a worker runs. */
export function isInsideCommand(env: Environment): boolean {
  return Boolean(env[INSIDE_COMMAND]);
}

/**
 * Splits an environment into what anybody may see and what can open a door of Orchestra: tokens, addresses of
 * databases, homes, profiles, and the secrets that the file of notices names.
 */
export function splitSecrets(env: Environment): { open: Record<string, string>; secret: Record<string, string> } {
  const open: Record<string, string> = {};
  const secret: Record<string, string> = {};
  const named = namedByNotices(env);
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue;
    const isSecret = named.has(name) || SECRET_VALUE.test(value) || (SECRET_NAME.test(name) && !OPEN.has(name));
    (isSecret ? secret : open)[name] = value;
  }
  return { open, secret };
}

/**
 * What a command that a worker runs is given of an environment. Other programs find their settings by
 * `XDG_CONFIG_HOME`, and ours its profiles.
 */
export function environmentForCommands(env: Environment): Record<string, string> {
  const { XDG_CONFIG_HOME: _, ...open } = splitSecrets(env).open;
  return { ...open, [INSIDE_COMMAND]: '1' };
}

/** The variables that the targets of notices take their secrets from, written there as `env:NAME`. */
function namedByNotices(env: Environment): ReadonlySet<string> {
  const path = env['ORCHESTRA_NOTICES'] || textOf(env['ORCHESTRA_NOTICES_FILE'])?.trim();
  const names =
    textOf(path)
      ?.slice(0, NOTICES_CHARACTERS_MAX)
      .matchAll(/\benv:([^\s"',\]}#]+)/g) ?? [];
  return new Set([...names].map(([, name = '']) => name));
}

function textOf(path: string | undefined): string | undefined {
  if (!path) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // the service that needs it says what is wrong with it
  }
}
