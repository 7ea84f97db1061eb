import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientSettingsFromEnv } from '@orchestra-brake/client';
import { ownEnvironment } from '@orchestra/pause-core/own-environment';
import { INSIDE_COMMAND, isInsideCommand } from '@orchestra/pause-core/secret-settings';
import { CommandFailure } from '../failure.ts';

/**
 * The database to work on without the services: `DATABASE_URL` (or the file that `DATABASE_URL_FILE` names), else the
 * one that `orchestra up` wrote down.
 *
 * @throws CommandFailure `no_database`
 */
export function findDatabaseUrl(env: NodeJS.ProcessEnv = ownEnvironment()): string {
  if (env['DATABASE_URL']) return env['DATABASE_URL'];
  // Only the folder is wanted, so nothing may stop the search for it early.
  const home = clientSettingsFromEnv({
    ORCHESTRA_HOME: env['ORCHESTRA_HOME'],
    [INSIDE_COMMAND]: env[INSIDE_COMMAND],
  }).home;
  const file = env['DATABASE_URL_FILE'] || (home === undefined ? undefined : join(home, 'database-url'));
  if (file === undefined) {
    if (isInsideCommand(env))
      throw new CommandFailure('no_database', 'inside a command that a worker runs no database is searched for');
    throw new CommandFailure(
      'no_database',
      'no database is known here: set DATABASE_URL, or call this below the folder where `orchestra up` was started',
    );
  }
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new CommandFailure(
      'no_database',
      `the database's address cannot be read from ${file}: set DATABASE_URL, or start \`orchestra up\``,
      { cause },
    );
  }
}
