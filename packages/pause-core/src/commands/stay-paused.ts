import { inTransaction, type Database, type Queryable } from '@orchestra/database';
import { TTL_CLEARER } from './close-expired.ts';

/**
 * Of this kind are alerts about pauses that wait for a person. They count toward no auto-pause: a pause must not bring
 * on the next one.
 */
export const PAUSE_NEEDS_PERSON = 'pause_needs_person';

// One statement's worth; the sweeper comes again.
const BATCH_MAX = 500;

/** Raises the alert that goes with a pause that stays. Stands behind the step `stayed`, which has marked it. */
const ALERTS = `
  insert into senate_alerts (kind, ref_id, severity, details)
  select '${PAUSE_NEEDS_PERSON}', case when s.scope_kind = 'actor' and s.also is null then s.scope_value end, 'high',
         jsonb_build_object(
           'pause_id', s.id::text, 'scope_kind', s.scope_kind, 'scope_value', s.scope_value, 'reason', s.reason, 'why',
           current_setting('orchestra.why', true))
         || case when s.also is null then '{}' else jsonb_build_object('also', s.also) end
    from stayed s`;

/**
 * Marks pauses whose time is over and that are to stay, each once and with one alert. They hold on until a person
 * clears or extends them. Safe from several processes at once.
 *
 * @returns how many stay since this call
 */
export function stayPauses(db: Database): Promise<number> {
  return inTransaction(db, async (tx) => {
    await tx.query("select set_config('orchestra.who', $1, true), set_config('orchestra.why', $2, true)", [
      TTL_CLEARER,
      'its time is over, and it was to stay until a person decides',
    ]);
    // On the newest version of each row the condition is looked at again: one that was extended meanwhile is left
    // alone.
    const { rowCount } = await tx.query(
      `with due as (
         select p.id from senate_pause p
          where p.cleared_at is null and p.ends_as = 'stay' and p.stayed_at is null
            and p.paused_at + make_interval(secs => p.ttl_seconds) <= now()
          order by p.id limit ${BATCH_MAX}
            for update skip locked
       ), stayed as (
         update senate_pause p set stayed_at = clock_timestamp() from due d where p.id = d.id
         returning p.id, p.scope_kind, p.scope_value, p.also, p.reason
       ), alerts as (${ALERTS})
       select s.id from stayed s`,
    );
    return rowCount ?? 0;
  });
}

/**
 * The same for one pause, in the transaction of a caller who holds its row and has said who and why (`orchestra.who`,
 * `orchestra.why`).
 */
export async function stayPaused(tx: Queryable, pauseId: string): Promise<void> {
  await tx.query(
    `with stayed as (
       update senate_pause p set stayed_at = clock_timestamp(), probing_at = null, probe_task_id = null
        where p.id = $1 and p.cleared_at is null and p.stayed_at is null
       returning p.id, p.scope_kind, p.scope_value, p.also, p.reason
     ), alerts as (${ALERTS})
     select s.id from stayed s`,
    [pauseId],
  );
}
