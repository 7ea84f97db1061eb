import { createClient } from '@orchestra-brake/client';
import type { Database } from '@orchestra/database';
import { ownEnvironment } from '@orchestra/pause-core/own-environment';
import { mayDo, type SessionView } from '@orchestra/pause-core/contract';
import manifest from '../../package.json' with { type: 'json' };
import { findDatabaseUrl } from '../desk/database-url.ts';
import { directName } from '../desk/direct-desk.ts';
import { atDatabase } from '../desk/open-database.ts';
import { findSettings, type FoundSettings } from '../profile/settings.ts';
import { wordsOf } from '../words-of.ts';
import { alertCascadeUrl } from './alert-cascade-url.ts';
import { checkAlerts } from './alerts.ts';
import { checkAttachments } from './attachments.ts';
import { canaryByApi } from './canary-by-api.ts';
import { canaryDirect } from './canary-direct.ts';
import { checkConnections } from './connections.ts';
import { checkDatabase } from './database.ts';
import { failed, ok, skipped, type Finding } from './finding.ts';
import { proveBrake } from './prove-brake.ts';
import { checkRows } from './rows.ts';
import { checkService } from './service.ts';
import { checkTaskIds } from './task-ids.ts';
import { checkStandbys } from './standbys.ts';
import { checkToken } from './token.ts';
import { checkWithinReach } from './within-reach.ts';

export interface DoctorOptions {
  direct: boolean;
  /** Whether to pause, add and claim. */
  brake: boolean;
  signal: AbortSignal;
  /** Each finding as it is made. */
  onFinding: (finding: Finding) => void;
}

/**
 * Looks at everything that the brake needs, one after the other, and proves the brake itself.
 *
 * @throws the signal's reason when it was told to stop; the canary is cleaned up then
 */
export async function runDoctor(options: DoctorOptions): Promise<void> {
  if (options.direct) await atDatabaseChecked(options, (db) => atTheDatabase(db, options));
  else await overTheServices(options);
}

async function overTheServices(options: DoctorOptions): Promise<void> {
  const { onFinding, signal } = options;
  const settings = findSettings();
  onFinding(
    ok(
      'settings',
      settings.profile !== null
        ? `profile ${settings.profile}`
        : settings.home === undefined
          ? 'from the environment'
          : `from ${settings.home}`,
    ),
  );
  const reach = checkWithinReach(settings);
  if (reach !== undefined) onFinding(reach);
  onFinding(await checkService('pause-api', settings.url, manifest.version));
  onFinding(await checkService('worker-claimer', settings.tasksUrl, manifest.version));
  const cascade = alertCascadeUrl(settings);
  onFinding(
    cascade === undefined
      ? skipped('alert-cascade', 'where it is, is not known here')
      : await checkService('alert-cascade', cascade, manifest.version),
  );
  signal.throwIfAborted();
  const withToken = async (db: Database | undefined): Promise<SessionView | undefined> => {
    if (db !== undefined)
      for (const look of [
        checkDatabase,
        checkConnections,
        checkRows,
        checkTaskIds,
        checkStandbys,
        checkAlerts,
        checkAttachments,
      ])
        onFinding(await look(db));
    const { finding, session } = await checkToken(settings, db);
    onFinding(finding);
    return session;
  };
  const session = databaseAtHand(settings)
    ? await atDatabaseChecked(options, withToken)
    : await notAtHand(onFinding, withToken);
  if (!options.brake) return onFinding(skipped('brake', 'not asked for'));
  if (session === undefined) return onFinding(failed('brake', 'not proved: no token opens pause-api', 'see above'));
  const lacking = (['pause', 'add_tasks', 'run_tasks'] as const).filter(
    (permission) => !mayDo(permission, session.role),
  );
  if (lacking.length > 0)
    return onFinding(
      skipped(
        'brake',
        `not proved: a token of role ${session.role} may not do all of it (${lacking.join(', ')}); an ` +
          `admin's may, and so does --direct`,
      ),
    );
  await proveBrake(canaryByApi(createClient(settings)), signal, onFinding);
}

async function atTheDatabase(db: Database, { brake, signal, onFinding }: DoctorOptions): Promise<void> {
  for (const look of [
    checkDatabase,
    checkConnections,
    checkRows,
    checkTaskIds,
    checkStandbys,
    checkAlerts,
    checkAttachments,
  ])
    onFinding(await look(db));
  if (!brake) return onFinding(skipped('brake', 'not asked for'));
  await proveBrake(canaryDirect(db, directName()), signal, onFinding);
}

/** A database that does not answer is a finding too. */
async function atDatabaseChecked<T>(
  { onFinding, signal }: DoctorOptions,
  work: (db: Database) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await atDatabase(work);
  } catch (error) {
    if (signal.aborted) throw error;
    onFinding(failed('database', wordsOf(error), 'see that it runs and that DATABASE_URL names it'));
    return undefined;
  }
}

async function notAtHand<T>(onFinding: DoctorOptions['onFinding'], work: (db: undefined) => Promise<T>): Promise<T> {
  onFinding(skipped('database', 'not at hand here (no DATABASE_URL); the services see it, as told above'));
  return work(undefined);
}

/** One that is surely the services' own: a database that lies about here need not be that of a profile. */
function databaseAtHand(settings: FoundSettings): boolean {
  if (settings.profile !== null) return false;
  try {
    return (
      (Boolean(ownEnvironment()['DATABASE_URL'] || ownEnvironment()['DATABASE_URL_FILE']) ||
        settings.home !== undefined) &&
      findDatabaseUrl() !== ''
    );
  } catch {
    return false; // none is known here
  }
}
