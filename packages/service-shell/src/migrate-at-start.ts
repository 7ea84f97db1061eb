import { setTimeout as delay } from 'node:timers/promises';
import { explainDatabaseFailure, migrate, withoutPassword } from '@orchestra/database';
import { withoutSecrets, type Logger } from './log.ts';

/** The database could not be brought up to date; the message says what to do. */
export class MigrateError extends Error {
  override readonly name = 'MigrateError';
}

const PATIENCE_MS = 60_000;
const RETRY_MS = 1_000;

/**
 * Brings the database to the newest migration, and waits up to a minute for one that is not reachable yet.
 *
 * @throws MigrateError
 */
export async function migrateAtStart(
  databaseUrl: string,
  log: Logger,
  patienceMs: number = PATIENCE_MS,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (let attempt = 1; ; attempt++) {
    try {
      const { applied, total } = await migrate(databaseUrl);
      log.info({ applied, total }, applied > 0 ? `applied ${applied} migrations` : 'the database is up to date');
      return;
    } catch (cause) {
      const failure = explainDatabaseFailure(cause, databaseUrl);
      if (failure === undefined) {
        throw new MigrateError(
          `migrating ${withoutPassword(databaseUrl)} failed: ` +
            `${withoutSecrets(cause instanceof Error ? cause.message || String(cause) : String(cause))}`,
          { cause },
        );
      }
      if (!failure.mayPass || performance.now() >= deadline) throw new MigrateError(failure.message, { cause });
      if (attempt === 1) log.warn(`${failure.message} (trying for ${Math.ceil(patienceMs / 1_000)} s)`);
      await delay(RETRY_MS);
    }
  }
}
