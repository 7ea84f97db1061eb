import { inTransaction, type Database, type Queryable } from '@orchestra/database';
import type { ActivePause } from '../pause.ts';
import { listActivePauses } from '../queries/active-pauses.ts';
import { listOtherPlaces, notReadElsewhere } from '../queries/attached-queues.ts';
import { atOtherDatabase, HomeNotReadError, type OtherDatabaseOptions, type OtherPlace } from './other-database.ts';

// It is read by people there; a receipt and the history have all of it.
const REASON_MAX = 500;

/**
 * Brings the copies of the active pauses in another database to what holds at home: those that are new or have changed
 * are written there, those that have ended end there. Every copy holds the same lock from before it reads at home
 * until the copies are committed, so no older reading is ever written over a newer one.
 *
 * @param key as the attachment at home has it
 * @throws what the database there says; nothing is changed then
 */
export async function copyPausesTo(home: Queryable, there: Database, key: string): Promise<void> {
  await inTransaction(there, async (tx) => {
    await tx.query('select begin_copy($1::uuid)', [key]);
    const pauses = await readHome(home);
    await tx.query('select take_pauses($1::jsonb)', [JSON.stringify(pauses.map(copyOf))]);
  });
}

/** The same over a connection made for it. @throws OtherDatabaseError */
export function copyPauses(home: Queryable, place: OtherPlace, options?: OtherDatabaseOptions): Promise<void> {
  return atOtherDatabase(place, (there) => copyPausesTo(home, there, place.key), options);
}

/**
 * The same for every attached queue in another database, after a change that no service has made. One that cannot be
 * reached is worker-claimer's affair, which tries again; `attach check` tells.
 */
export async function copyPausesEverywhere(home: Queryable): Promise<void> {
  const places = await listOtherPlaces(home);
  await Promise.all(places.map((place) => copyPauses(home, place).catch(notReadElsewhere)));
}

async function readHome(home: Queryable): Promise<ActivePause[]> {
  try {
    return await listActivePauses(home);
  } catch (cause) {
    throw new HomeNotReadError('the pauses could not be read to be copied', { cause });
  }
}

/** With the time left in place of an end: the clock there may be another. */
function copyOf(pause: ActivePause): Record<string, unknown> {
  const { id, scope, reason, source, pausedAt, pausedBy, ttlSeconds, endsAs, remainingMs } = pause;
  return {
    id,
    scope_kind: scope.kind,
    scope_value: scope.value,
    also: scope.also,
    reason: [...reason].slice(0, REASON_MAX).join(''),
    source,
    paused_at: pausedAt.toISOString(),
    paused_by: pausedBy,
    ttl_seconds: ttlSeconds,
    ends_as: endsAs,
    remaining_ms: remainingMs,
  };
}
