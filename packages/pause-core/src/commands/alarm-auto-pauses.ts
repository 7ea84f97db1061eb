import { inTransaction, type Database } from '@orchestra/database';
import { AUTO_PAUSER } from './check-auto-pause.ts';

/**
 * Of this kind is the alert about a source whose alerts make more auto-pauses than is usual. It names no actor and
 * counts toward no pause.
 */
const AUTO_PAUSE_FLOOD = 'auto_pause_flood';
/** More auto-pauses by the alerts of one source within an hour than incidents account for. */
export const AUTO_PAUSES_AN_HOUR = 20;

/** A source whose alerts have made too many auto-pauses within an hour. */
export interface AutoPauseFlood {
  /** As in `senate_audit`: the token's name, or the database role. */
  source: string;
  pauses: number;
}

/**
 * Raises an alert about each source whose alerts made more auto-pauses within the last hour than that: once an hour for
 * each. The pauses stand, because each may be right; a person has to look. Call it after auto-pauses were made.
 *
 * @returns the sources that an alert was raised about
 */
export async function alarmAutoPauses(db: Database, max: number = AUTO_PAUSES_AN_HOUR): Promise<AutoPauseFlood[]> {
  return inTransaction(db, async (tx) => {
    await tx.query("select set_config('orchestra.who', $1, true)", [AUTO_PAUSER]);
    const { rows } = await tx.query<AutoPauseFlood>(
      `with recent as (
         select p.id from senate_pause p where p.paused_by = $1 and p.paused_at > now() - interval '1 hour'
       ), flood as (
         select h.by as source, count(distinct a.fed_pause)::int as pauses
           from senate_alerts a
           join recent r on r.id = a.fed_pause
           join senate_audit h on h.subject_kind = 'alert' and h.subject_id = a.id::text and h.action = 'alert.created'
          group by h.by
         having count(distinct a.fed_pause) > $2
       ), raised as (
         insert into senate_alerts (kind, severity, details)
         select $3, 'high', jsonb_build_object('source', f.source, 'auto_pauses', f.pauses, 'minutes', 60)
           from flood f
          where not exists (
                select from senate_alerts known
                 where known.kind = $3 and known.details ->> 'source' = f.source
                   and known.created_at > now() - interval '1 hour')
         returning details ->> 'source' as source
       )
       select f.source, f.pauses from flood f join raised using (source) order by f.source`,
      [AUTO_PAUSER, max, AUTO_PAUSE_FLOOD],
    );
    return rows;
  });
}
