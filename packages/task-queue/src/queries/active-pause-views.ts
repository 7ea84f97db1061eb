import type { Queryable } from '@orchestra/database';
import { listActivePauses, toPauseView, type Scope } from '@orchestra/pause-core';
import type { ActivePauseView } from '@orchestra/pause-core/contract';
import { LABEL_COLUMN } from './covered-work.ts';

interface Counts { id: string; begun: number; ahead: number; queued: number }

const COVERS = Object.entries(LABEL_COLUMN).map(([kind, column]) => `
      select p.id, t.status, t.prefetched from active_pauses p join tasks t on p.scope_kind = '${kind}' and t.${column} = p.scope_value
       where t.status = 'running' and p.id = any ($1::bigint[])
      union all
      select p.id, t.status, false from active_pauses p join task_lanes l on p.scope_kind = '${kind}' and l.${column} = p.scope_value
        join tasks t on t.lane_id = l.id
       where t.status = 'queued' and p.id = any ($1::bigint[])`).join('\n      union all');

/** The active pauses with age, time left, and what each of them covers, newest first. */
export async function listActivePauseViews(db: Queryable, scope?: Scope): Promise<ActivePauseView[]> {
  const pauses = await listActivePauses(db, scope);
  if (pauses.length === 0) return [];
  const { rows } = await db.query<Counts>(
    `select c.id, count(*) filter (where c.status = 'running' and not c.prefetched)::int as begun,
            count(*) filter (where c.status = 'running' and c.prefetched)::int as ahead, count(*) filter (where c.status = 'queued')::int as queued
       from (${COVERS}) c group by c.id`, [pauses.map((pause) => pause.id)]);
  const { rows: [clock] } = await db.query<{ now: Date }>('select clock_timestamp() as now');
  const counts = new Map(rows.map((row) => [row.id, row]));
  return pauses.map((pause) => {
    const { begun = 0, ahead = 0, queued = 0 } = counts.get(pause.id) ?? {};
    return {
      ...toPauseView(pause),
      age_seconds: clock === undefined ? 0 : Math.max(0, (clock.now.getTime() - pause.pausedAt.getTime()) / 1_000),
      remaining_seconds: pause.remainingMs === null ? null : Math.max(0, pause.remainingMs / 1_000),
      in_flight_count: begun,
      claimed_ahead_count: ahead,
      queued,
      quiet: begun + ahead === 0,
    };
  });
}
