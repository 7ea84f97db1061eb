import { rm } from 'node:fs/promises';
import { relative } from 'node:path';
import { FolderLockedError, LocalPostgresError, lockFolder } from '@orchestra/local-postgres';
import { ownEnvironment } from '@orchestra/pause-core/own-environment';
import { ConfigError } from '@orchestra/service-shell';
import { CommandFailure, EXIT } from '../failure.ts';
import { openHome, type Home } from './home.ts';
import { readUpSettings } from './settings.ts';
import { startEverything, type Everything } from './start-everything.ts';
import { StopRequests } from '../stop-requests.ts';
import { COMMAND } from '../command-name.ts';

export interface RunUpOptions {
  verbose: boolean;
  json: boolean;
  say: (line: string) => void;
}

/**
 * Starts everything, says where it is, and stays until it is told to stop (SIGINT, SIGTERM, SIGHUP). Leaves no process
 * behind, however it ends.
 *
 * @throws CommandFailure with one message when something cannot be started
 */
export async function runUp({ verbose, json, say }: RunUpOptions): Promise<void> {
  const requests = new StopRequests();
  let isUp = false;
  try {
    const settings = readUpSettings(ownEnvironment());
    const home = await openHome(settings.home);
    const lock = await lockFolder(home.folder, 'orchestra up').catch((error: unknown) => {
      throw alreadyRunning(error, home);
    });
    try {
      const everything = await startEverything({ home, settings, verbose, say, signal: requests.signal });
      isUp = true;
      process.stdout.write(json ? `${JSON.stringify(summary(everything, home))}\n` : `${welcome(everything, home)}\n`);
      void everything.givenUp.then((name) => {
        process.exitCode = EXIT.failed;
        say(
          `${name} has died again and again and stays down; the rest goes on. Its log is in ${home.logs}. Stop ` +
            'with Ctrl-C and start again; until then use --direct',
        );
      });
      await requests.first;
      say('stopping (services first, then the database)');
      await rm(home.services, { force: true }); // these addresses are nobody's from now on
      await everything.stop();
      say('stopped');
    } finally {
      await lock.release();
    }
  } catch (error) {
    if (isUp || !requests.signal.aborted) throw startFailure(error);
    say('stopped before everything was started');
    process.exitCode = EXIT.failed;
  } finally {
    requests.close();
  }
}

function summary({ urls, database }: Everything, home: Home): object {
  return {
    pause_api: urls['pause-api'],
    worker_claimer: urls['worker-claimer'],
    alert_cascade: urls['alert-cascade'],
    database,
    token_file: home.adminToken,
  };
}

function welcome({ urls, database, admin }: Everything, home: Home): string {
  const shown = (path: string): string => relative(process.cwd(), path) || '.';
  return `
Orchestra is running; Ctrl-C stops it.

  page            ${urls['pause-api']}/ (sign in with the admin token)
  pause-api       ${urls['pause-api']}
  worker-claimer  ${urls['worker-claimer']}
  alert-cascade   ${urls['alert-cascade']}
  database        ${database}
  admin token     in ${shown(home.adminToken)} (${admin}); the commands below find it by themselves
  logs            in ${shown(home.logs)}

In another terminal, put a task in the queue, pause its agent, and look:
  ${COMMAND} task add --agent skeptic --skill debate
  ${COMMAND} senate pause agent skeptic --reason "runaway loop" --ttl 30m
  ${COMMAND} senate pauses
`;
}

function alreadyRunning(error: unknown, home: Home): unknown {
  if (!(error instanceof FolderLockedError)) return error;
  return new CommandFailure(
    'already_running',
    `\`${COMMAND} up\` is already running in ` +
      `${home.folder}${error.pid === undefined ? '' : ` (pid ${error.pid})`}; stop that one, or set ` +
      'ORCHESTRA_HOME to another folder',
    { cause: error },
  );
}

/** Foreseen failures speak for themselves; of the others the cause is shown as it is. */
function startFailure(error: unknown): unknown {
  if (error instanceof ConfigError) return new CommandFailure('settings', error.message, { cause: error });
  if (error instanceof LocalPostgresError) return new CommandFailure(error.code, error.message, { cause: error });
  return error;
}
