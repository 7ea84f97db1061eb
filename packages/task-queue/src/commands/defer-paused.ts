import type { Queryable } from '@orchestra/database';
import { eligible, covered, namedPause, PAUSE_KEYS } from '../pause-keys.ts';

// One round's worth: some ten milliseconds, next to which claims go on.
const BATCH_MAX = 500;
// Lanes with something left to put off, looked at in one round.
const LANES_MAX = 50;

/**
 * Puts off tasks that an active pause covers: `next_eligible_at` is moved and one event for each task and pause tells the
 * reader why the task does not start. This is for readers alone: the claim looks at the pause rows, and passes over
 * a paused lane as a whole. Each lane remembers how far it has been gone through, and for which pause.
 *
 * Tasks whose own time has not come are left as they are, and keep that time.
 */
const DEFER = `
with ${PAUSE_KEYS}, lanes as materialized (
  select l.id, l.priority, p.id as pause_id, p.scope_kind, p.scope_value, p.reason, p.ends_at,
         case when l.deferred_by = p.id then l.deferred_to else -9223372036854775808 end as after
    from task_lanes l
   cross join lateral (${namedPause('l')}) p
   where ${covered('l')}
     and exists (select from tasks t where t.lane_id = l.id and t.status = 'queued'
                    and t.place > case when l.deferred_by = p.id then l.deferred_to else -9223372036854775808 end)
   order by l.priority, l.head
   limit ${LANES_MAX}
     for no key update of l skip locked
), met as materialized (
  select m.id, m.place, m.eligible, l.id as lane_id, l.pause_id, l.scope_kind, l.scope_value, l.reason, l.ends_at
    from lanes l
   cross join lateral (
         select t.id, t.place, ${eligible('t')} as eligible
           from tasks t
          where t.lane_id = l.id and t.status = 'queued' and t.place > l.after
          order by t.place
          limit ${BATCH_MAX}) m
   order by l.priority, m.place
   limit ${BATCH_MAX}
), free as materialized (
  select m.id from met m join tasks t on t.id = m.id
   where m.eligible and t.status = 'queued' and t.deferred_by is distinct from m.pause_id
   order by m.id
     for update of t skip locked
), deferred as (
  update tasks t
     set deferred_by = m.pause_id, next_eligible_at = now() + greatest(interval '60 seconds', m.ends_at - now())
    from free f join met m on m.id = f.id
   where t.id = f.id
  returning t.id, t.next_eligible_at, m.pause_id, m.scope_kind, m.scope_value, m.reason
), events as (
  insert into task_events (task_id, kind, by, data)
  select d.id, 'deferred', 'orchestra.sweep', jsonb_build_object(
           'pause_id', d.pause_id::text, 'scope_kind', d.scope_kind, 'scope_value', d.scope_value, 'reason', d.reason,
           'next_eligible_at', d.next_eligible_at)
         || coalesce((select jsonb_build_object('traceparent', p.traceparent) from senate_pause p where p.id = d.pause_id and p.traceparent is not null), '{}')
    from deferred d
), gone_through as (
  update task_lanes l set deferred_by = m.pause_id, deferred_to = m.place
    from (select m.lane_id, m.pause_id, max(m.place) as place from met m group by m.lane_id, m.pause_id) m
   where l.id = m.lane_id
)
select (select count(*)::int from deferred) as deferred, (select count(*)::int from met) as met`;

/** @returns how many tasks were put off, and whether there may be more to do at once */
export async function deferPaused(db: Queryable): Promise<{ deferred: number; more: boolean }> {
  const { rows: [row] } = await db.query<{ deferred: number; met: number }>({ name: 'orchestra-defer', text: DEFER });
  return { deferred: row?.deferred ?? 0, more: (row?.met ?? 0) >= BATCH_MAX };
}
