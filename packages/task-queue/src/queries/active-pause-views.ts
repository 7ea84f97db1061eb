import type { Queryable } from '@orchestra/database';
import { expiresAt, listActivePauses, toPauseView, type ActivePause, type Scope } from '@orchestra/pause-core';
import type { ActivePauseView } from '@orchestra/pause-core/contract';
import { asCounted, LABEL_COLUMN, WAITING_COUNTED_MAX, waitingUnder } from './covered-work.ts';

interface Counts { id: string; begun: number; ahead: number; waiting: number }

const KINDS = Object.entries(LABEL_COLUMN);

const COUNTS = `
select p.id, count(r.run_id) filter (where not r.prefetched)::int as begun, count(r.run_id) filter (where r.prefetched)::int as ahead,
       case p.scope_kind ${KINDS.map(([kind, column]) => `when '${kind}' then (${waitingUnder(column, 'p.scope_value', WAITING_COUNTED_MAX.list)})`).join('\n')} end as waiting
  from senate_pause p
  left join (
${KINDS.map(([kind, column]) => `       select q.id as pause_id, t.run_id, t.prefetched from senate_pause q join tasks t on q.scope_kind = '${kind}' and t.${column} = q.scope_value
        where t.status = 'running' and q.id = any ($1::bigint[])`).join('\n        union all\n')}) r on r.pause_id = p.id
 where p.id = any ($1::bigint[])
 group by p.id, p.scope_kind, p.scope_value`;

/** All active pauses with age, time left, and what each of them covers, newest first. */
export async function listActivePauseViews(db: Queryable, scope?: Scope): Promise<ActivePauseView[]> {
  return viewActivePauses(db, await listActivePauses(db, scope));
}

/** These pauses with age, time left, and what each of them covers. */
export async function viewActivePauses(db: Queryable, pauses: readonly ActivePause[]): Promise<ActivePauseView[]> {
  if (pauses.length === 0) return [];
  const { rows } = await db.query<Counts>(COUNTS, [pauses.map((pause) => pause.id)]);
  const { rows: [clock] } = await db.query<{ now: Date }>('select clock_timestamp() as now');
  const counts = new Map(rows.map((row) => [row.id, row]));
  return pauses.map((pause) => {
    const { begun = 0, ahead = 0, waiting = 0 } = counts.get(pause.id) ?? {};
    const { queued, queuedMore } = asCounted(waiting, WAITING_COUNTED_MAX.list);
    return {
      ...toPauseView(pause),
      age_seconds: clock === undefined ? 0 : Math.max(0, (clock.now.getTime() - pause.pausedAt.getTime()) / 1_000),
      remaining_seconds: leftSeconds(pause, clock?.now),
      in_flight_count: begun,
      claimed_ahead_count: ahead,
      queued,
      queued_more: queuedMore,
      quiet: begun + ahead === 0,
    };
  });
}

/** Until its time is over, also where it does not end with that. */
function leftSeconds(pause: ActivePause, now: Date | undefined): number | null {
  if (pause.remainingMs !== null) return Math.max(0, pause.remainingMs / 1_000);
  const overAt = expiresAt(pause);
  return overAt === null ? null : Math.max(0, (overAt.getTime() - (now ?? overAt).getTime()) / 1_000);
}
