import type { Queryable } from '@orchestra/database';
import { ACTIVE_PAUSES_CTE, isEligible, isPaused, pauseCovers, winningPause } from '../sql/predicates.ts';

// One round's worth: some ten milliseconds, next to which claims go on.
const BATCH_MAX = 500;
// Lanes with something left to put off, looked at in one round.
const LANES_MAX = 50;
const BEFORE_ALL = '-9223372036854775808';

/** When the last of the pauses that cover a lane ends; null: not by the clock. */
const lastEnd = (row: string): string => `
         select case when bool_and(p.ends_at is not null) then max(p.ends_at) end as ends_at
           from paused p
          where ${pauseCovers('p', row)}`;

/**
 * What people are shown of a task that was put off: the end of its pauses, but a minute at least. An end that has been
 * changed since is told again.
 */
const SHOWN = "now() + greatest(interval '60 seconds', m.ends_at - now())";
const SHOWS_ANOTHER_TIME = `(m.shown > ${SHOWN} or m.shown < coalesce(m.ends_at, now()))`;

/** The lanes that a pause covers and that have tasks left to defer, with how far each has come. */
const OPEN_LANES = `
    from task_lanes l
   cross join lateral (${winningPause('l')}) p
   cross join lateral (${lastEnd('l')}) e
   cross join lateral (
         select b.begins, not b.begins and not b.goes_on as repeats,
                case when b.begins then ${BEFORE_ALL} when b.goes_on then l.deferred_to else l.deferred_left - 1
                  end as after
           from (select (l.deferred_by, l.deferred_until) is distinct from (p.id, e.ends_at) as begins,
                        exists (select
                                  from tasks t
                                 where t.lane_id = l.id
                                   and t.status = 'queued'
                                   and t.place > l.deferred_to) as goes_on) b) w
   where ${isPaused('l')}
     and case when w.begins then exists (select from tasks t where t.lane_id = l.id and t.status = 'queued')
              else not w.repeats or l.deferred_again_at <= now() end`;

/**
 * Puts off tasks that an active pause covers: `next_eligible_at` is moved and one event for each task and pause tells
 * the reader why the task does not start. This is for readers alone: the claim looks at the pause rows, and passes over
 * a paused lane as a whole.
 *
 * A walk goes through a lane from its first task to its last, in chunks, and starts again when another pause names the
 * lane or its pauses end at another time. Each lane remembers how far its walk has come. A task that comes back to the
 * lane sets that mark back (by trigger). What a walk leaves over is remembered as well, and looked at again: tasks that
 * somebody has locked; tasks whose own time has not come, which keep that time until then; and ids beyond the horizon,
 * below which others may still turn up.
 */
const DEFER = `
with ${ACTIVE_PAUSES_CTE}, chosen as materialized (
  select l.id${OPEN_LANES}
   order by w.repeats, l.priority, l.head
   limit ${LANES_MAX}
), lanes as materialized (
  -- Locked by id although held ones are passed over: of a lane that was changed twice the server waits all the same.
  select l.id, l.priority, p.id as pause_id, p.scope_kind, p.scope_value, p.also, p.reason, e.ends_at, w.begins,
         w.after, w.repeats${OPEN_LANES}
     and l.id = any (array(select c.id from chosen c))
   order by l.id
     for no key update of l skip locked
), met as materialized (
  select m.id, m.place, m.eligible, m.due_at, m.shown, l.id as lane_id, l.repeats, l.pause_id, l.scope_kind,
         l.scope_value, l.also, l.reason, l.ends_at
    from lanes l
   cross join lateral (
         select t.id, t.place, ${isEligible('t')} as eligible, t.next_eligible_at as shown,
                case when t.paused_at is null then t.next_eligible_at end as due_at
           from tasks t
          where t.lane_id = l.id and t.status = 'queued' and t.place > l.after
          order by t.place
          limit ${BATCH_MAX}) m
   order by l.repeats, l.priority, m.place
   limit ${BATCH_MAX}
), free as materialized (
  select m.id, t.deferred_by is distinct from m.pause_id as is_news from met m join tasks t on t.id = m.id
   where m.eligible and t.status = 'queued' and (t.deferred_by is distinct from m.pause_id or ${SHOWS_ANOTHER_TIME})
   order by m.id
     for update of t skip locked
), deferred as (
  update tasks t
     set deferred_by = m.pause_id, next_eligible_at = ${SHOWN}
    from free f join met m on m.id = f.id
   where t.id = f.id
  returning t.id, t.next_eligible_at, f.is_news, m.pause_id, m.scope_kind, m.scope_value, m.also, m.reason
), events as (
  insert into event_batches (kind, by, task_ids, shared, each)
  select 'deferred', 'orchestra.sweep', array_agg(d.id),
         jsonb_strip_nulls(jsonb_build_object('pause_id', d.pause_id::text, 'scope_kind', d.scope_kind, 'scope_value',
                                              d.scope_value, 'also', d.also, 'reason', d.reason))
         || coalesce((select jsonb_build_object('traceparent', p.traceparent)
                        from senate_pause p
                       where p.id = d.pause_id
                         and p.traceparent is not null), '{}'),
         jsonb_agg(jsonb_build_object('next_eligible_at', d.next_eligible_at))
    from deferred d
   where d.is_news
   group by d.pause_id, d.scope_kind, d.scope_value, d.also, d.reason
), left_over as (
  select m.lane_id, least(m.place, h.id + 1) as place, now() as again_at from met m, task_horizon h where m.place > h.id
   union all
  select m.lane_id, m.place, m.due_at from met m where not m.eligible and m.due_at is not null
   union all
  select m.lane_id, m.place, now()
    from met m join tasks t on t.id = m.id
   where m.eligible and (t.deferred_by is distinct from m.pause_id or ${SHOWS_ANOTHER_TIME})
     and not exists (select from free f where f.id = m.id)
), gone_through as (
  update task_lanes l
     set deferred_by = g.pause_id, deferred_until = g.ends_at, deferred_to = coalesce(g.upto, l.deferred_to),
         deferred_left = least(g.left_at, case when g.goes_on then l.deferred_left end),
         deferred_again_at = least(g.again_at, case when g.goes_on then l.deferred_again_at end)
    from (select n.id, n.pause_id, n.ends_at, not n.begins and not n.repeats as goes_on,
                 (select max(m.place) from met m where m.lane_id = n.id) as upto,
                 (select min(o.place) from left_over o where o.lane_id = n.id) as left_at,
                 (select min(o.again_at) from left_over o where o.lane_id = n.id) as again_at
            from lanes n) g
   -- of a lane without any, the tasks may not have come up in this round
   where l.id = g.id and (g.upto is not null or (select count(*) from met) < ${BATCH_MAX})
)
select (select count(*)::int from deferred d where d.is_news) as deferred,
       (select count(*)::int from met m where not m.repeats) as met`;

/** @returns how many tasks were put off, and whether there may be more to do at once */
export async function deferPaused(db: Queryable): Promise<{ deferred: number; more: boolean }> {
  const {
    rows: [row],
  } = await db.query<{ deferred: number; met: number }>({ name: 'orchestra-defer', text: DEFER });
  return { deferred: row?.deferred ?? 0, more: (row?.met ?? 0) >= BATCH_MAX };
}
