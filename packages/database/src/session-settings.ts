import type pg from 'pg';
import { SQLSTATE, sqlState } from './errors.ts';
import { quoteText } from './home-schema.ts';

/**
 * What every session of Orchestra runs with, whatever the address, the role or the database says. The settle's proof
 * needs a snapshot for each statement; texts and instants are read in these forms; and timeouts are the program's own.
 * Compiling is off: before PostgreSQL 18 what a statement or a trigger may not use counts as enormous cost, and servers
 * that can compile (Debian's) then do, for seconds.
 */
export const SESSION_SETTINGS: Readonly<Record<string, string>> = {
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  standard_conforming_strings: 'on',
  bytea_output: 'hex',
  extra_float_digits: '1',
  transform_null_equals: 'off',
  array_nulls: 'on',
  xmlbinary: 'base64',
  client_min_messages: 'notice',
  jit: 'off',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  transaction_timeout: '0',
};

// Not known to every supported version: set where it is there.
const NEWER = new Set(['transaction_timeout']);
const TRIES = 3;

/** One `select` that sets them; `local` for the transaction alone. Names are ours, never a caller's. */
export function settingStatement(settings: Readonly<Record<string, string>>, scope: 'session' | 'local'): string {
  const calls = Object.entries(settings).map(([name, value]) => {
    const call = `pg_catalog.set_config('${name}', ${quoteText(value)}, ${scope === 'local'})`;
    return NEWER.has(name)
      ? `case when pg_catalog.current_setting('${name}', true) is not null then ${call} end`
      : call;
  });
  return `select ${calls.join(', ')}`;
}

/**
 * The same as command-line options of the server, behind those that an address gives, for a client that cannot be asked
 * to run a statement first.
 */
export function settingOptions(
  given: string | undefined,
  settings: Readonly<Record<string, string>> = SESSION_SETTINGS,
): string {
  const ours = Object.entries(settings)
    .filter(([name]) => !NEWER.has(name))
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, '\\$&')}`);
  return [...(given === undefined ? [] : [given]), ...ours].join(' ');
}

/**
 * Runs a short statement on a new connection, on which the role's own `statement_timeout` still holds, however short it
 * is.
 */
export async function runFirst<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (attempt === TRIES || sqlState(error) !== SQLSTATE.queryCanceled) throw error;
    }
  }
}

/** Settings that differ from what they have to be, as a session has them: `name is x, not y`. */
export async function differingSettings(
  db: Pick<pg.Pool, 'query'>,
  settings: Readonly<Record<string, string>> = SESSION_SETTINGS,
): Promise<string[]> {
  const names = Object.keys(settings).filter((name) => !name.endsWith('_timeout'));
  const { rows } = await db.query<{ name: string; value: string | null }>(
    'select n as name, current_setting(n, true) as value from unnest($1::text[]) as n',
    [names],
  );
  return rows
    .filter(({ name, value }) => value !== null && value !== settings[name])
    .map(({ name, value }) => `${name} is ${value}, not ${settings[name]}`);
}
