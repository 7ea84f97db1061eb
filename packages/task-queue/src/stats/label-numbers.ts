import type { Queryable } from '@orchestra/database';
import { CANARY_LABEL, type LabelKind } from '@orchestra/pause-core';
import { MINUTES, type LabelNumbers, type Labels } from '../contract/numbers.ts';
import { ACTIVE_PAUSES_CTE, isPaused } from '../sql/predicates.ts';
import { LABEL_COLUMN } from '../sql/labels-under-scope.ts';
import { MINUTE_OF_EVENT, RECENT_EVENTS } from './queue-rates.ts';
import { labelOfRunning } from '../history/runs-labelled.ts';
import { labelOfRun } from '../history/what-a-claim-saw.ts';

export interface LabelsOrder {
  by: LabelKind;
  /** Only labels that hold this text. */
  contains?: string | undefined;
  /** Only the label that is exactly this. */
  value?: string | undefined;
  limit: number;
}

// What waits is counted lane by lane, each so far; the more lanes, the less far, so that all of it stays within some
// 200,000.
const COUNTED_MAX = 200_000;
const LANE_COUNTED_LEAST = 100;

/**
 * The alerts `a` with the label that each is about, as `label.value`: that of its actor, or that of the task that it
 * names. For a `from` in SQL.
 */
export const labelOfAlert = (kind: LabelKind): string => `
    left join tasks t on t.id = case when a.details ->> 'task_id' ~ '^[0-9]{1,18}$'
      then (a.details ->> 'task_id')::bigint end
   cross join lateral (
         select ${kind === 'actor' ? 'coalesce(a.ref_id, t.actor_id)' : `t.${LABEL_COLUMN[kind]}`} as value) label`;

const numbers = (kind: LabelKind): string => {
  const column = LABEL_COLUMN[kind];
  return `
with ${ACTIVE_PAUSES_CTE}, ${RECENT_EVENTS}, lanes as materialized (
  select l.${column} as value, w.queued, w.queued > m.most as more, ${isPaused('l')} as held, m.most
    from (select greatest(${LANE_COUNTED_LEAST}, ${COUNTED_MAX} / greatest(1, count(*)))::int as most from task_lanes) m
   cross join task_lanes l
   cross join lateral (select count(*)::int as queued
                         from (select from tasks t
                                where t.lane_id = l.id
                                  and t.status = 'queued'
                                  and t.place >= l.head
                                limit m.most + 1) q) w
   where l.${column} is not null and ($3::text is null or l.${column} = $3) and w.queued > 0
), waiting as (
  select l.value, sum(least(l.queued, l.most))::int as queued, bool_or(l.more) as queued_more,
         coalesce(sum(least(l.queued, l.most)) filter (where l.held), 0)::int as deferred
    from lanes l group by l.value
), running as (
  select u.value, count(*)::int as running
    from (select ${labelOfRunning('t', column)} as value from tasks t where t.status = 'running') u
   where u.value is not null
     and ($3::text is null or u.value = $3)
   group by 1
), begun as materialized (
  select v.run_id, v.data -> 'labels' ->> '${column}' as value
    from recent_batches b
   cross join lateral events_of_batch(b.batch) v
   where v.kind = 'claimed'
), ended as materialized (
  select l.value, ${MINUTE_OF_EVENT} as minute, count(*) filter (where r.kind = 'completed')::int as finished,
         count(*) filter (where r.kind in ('failed', 'reaped', 'held'))::int as failed
    from recent r
    join tasks t on t.id = r.task_id
    left join begun b on b.run_id = r.run_id
    -- nearly every run began within the hour as well; of the others the claim is looked up
   cross join lateral (select case when b.run_id is not null then b.value else (${labelOfRun('r', 't', column)})
                              end as value) l
   where r.kind in ('completed', 'failed', 'reaped', 'held')
     and l.value is not null
     and ($3::text is null or l.value = $3)
   group by 1, 2
), ends as (
  select e.value, sum(e.failed)::int as failed,
         jsonb_agg(jsonb_build_array(e.minute, e.finished, e.failed)) as per_minute
    from ended e
   group by e.value
), alerts as (
  select label.value, count(*)::int as alerts
    from senate_alerts a${labelOfAlert(kind)}
   where a.created_at > now() - interval '1 hour' and label.value is not null group by 1
), pauses as (
  select p.scope_value as value, max(p.id)::text as paused
    from paused p
   where p.scope_kind = '${kind}'
     and p.also is null
   group by 1
)
select v.value, coalesce(w.queued, 0) as queued, coalesce(w.queued_more, false) as queued_more,
       coalesce(w.deferred, 0) as deferred, coalesce(r.running, 0) as running,
       coalesce(e.failed, 0) as failed_last_hour, coalesce(a.alerts, 0) as alerts_last_hour, p.paused,
       coalesce(e.per_minute, '[]') as ended, s.since
  from seen s
  left join (select value
               from waiting
              union select value
               from running
              union select value
               from ends
              union select value
               from alerts
              union select value
               from pauses) v
    on ($1::text is null or position(lower($1) in lower(v.value)) > 0)
   and case when $3::text is null then not starts_with(v.value, '${CANARY_LABEL}') else v.value = $3 end
  left join waiting w using (value)
  left join running r using (value)
  left join ends e using (value)
  left join alerts a using (value)
  left join pauses p using (value)
 order by (p.paused is not null) desc, coalesce(w.queued, 0) + coalesce(r.running, 0) desc, v.value
 limit $2::int + 1`;
};

interface Row extends Omit<LabelNumbers, 'value' | 'per_minute'> {
  value: string | null;
  ended: [minute: number, finished: number, failed: number][];
  since: Date;
}

/**
 * What each agent, skill, quest or actor has to do and how it has been going: those that are paused first, then those
 * with the most. Labels under which the brake tests itself are listed only where one is asked for by its name.
 */
export async function readLabelNumbers(
  db: Queryable,
  { by, contains, value, limit }: LabelsOrder,
): Promise<Omit<Labels, 'age_ms'>> {
  const { rows } = await db.query<Row>(numbers(by), [contains ?? null, limit, value ?? null]);
  const [first] = rows;
  if (first === undefined) throw new Error('a statement that always has a row answered none');
  const labels = rows.flatMap(({ value: one, ended, since: _since, ...row }): LabelNumbers[] => {
    if (one === null) return [];
    const finished = Array.from({ length: MINUTES }, () => 0);
    const failed = Array.from({ length: MINUTES }, () => 0);
    for (const [minute, good, bad] of ended) {
      finished[minute] = good;
      failed[minute] = bad;
    }
    return [{ value: one, ...row, per_minute: { finished, failed } }];
  });
  return { since: first.since.toISOString(), labels: labels.slice(0, limit), more: labels.length > limit };
}
