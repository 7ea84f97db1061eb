import type { Queryable } from '@orchestra/database';
import { byIdOf } from '../sql/lock-order.ts';

/** How far a round of forgetting has come. */
export interface ForgetMark {
  at: string;
  id: string;
}

export interface Forgotten {
  tasks: number;
  events: number;
  /** Where the next statement goes on; undefined: nothing older is left to look at. */
  next: ForgetMark | undefined;
}

// Endings looked at in one statement. Their tasks have few events each, so it writes some thousands of rows at most.
const BATCH_MAX = 1_000;

/** Behind where the last round ended. A batch is where its events may still be: they have 1,024 ids at most. */
const behind = (mark: string): string =>
  `(${mark}) > (coalesce($2::timestamptz, '-infinity'), coalesce($3::bigint, 0))`;

/**
 * Of rows `r` or batches `b`, which have an index for this: the end of a run, or of a task that never ran, so long ago,
 * and not before where the last round ended.
 */
const endedBefore = (e: string): string =>
  `${e}.kind in ('completed', 'failed', 'released', 'reaped'${e === 'b' ? ", 'cancelled'" : ''}) and ` +
  `${e}.at < now() - make_interval(days => $1) and ${e}.at >= coalesce($2::timestamptz, '-infinity')`;

interface ForgottenRow {
  tasks: number;
  events: number;
  looked: number;
  at: string | null;
  id: string | null;
}

/**
 * Deletes finished tasks, with all their events, whose last event is older than `days`; the only thing that ever
 * deletes history, and only because an admin has set it (P12). Never a task that is queued, running or held. One
 * bounded statement, which leaves a row in the audit saying how many.
 */
export async function deleteOldTasks(db: Queryable, days: number, from?: ForgetMark): Promise<Forgotten> {
  const {
    rows: [row],
  } = await db.query<ForgottenRow>(
    `
    with looked as materialized (
      select e.id, e.at, e.task_id
        from ((select r.id, r.at, r.task_id
                 from task_event_rows r
                where ${endedBefore('r')}
                  and ${behind('r.at, r.id')}
                order by r.at, r.id
                limit ${BATCH_MAX})
               union all
              select v.id, v.at, v.task_id
                from (select b
                        from event_batches b
                       where ${endedBefore('b')}
                         and ${behind('b.at, b.id + 1023')}
                       order by b.at, b.id
                       limit ${BATCH_MAX}) o
               cross join lateral events_of_batch(o.b) v) e
       where ${behind('e.at, e.id')}
       order by e.at, e.id limit ${BATCH_MAX}
    ), old as materialized (
      select t.id from tasks t
       where t.id in (select l.task_id from looked l) and t.status in ('succeeded', 'failed', 'cancelled')
         and not exists (select from events_of_task(t.id) e where e.at >= now() - make_interval(days => $1))
       order by t.id
         for update skip locked
    ), events as materialized (
      select forget_events(array(select o.id from old o)) as forgotten
    ), outputs as (
      delete from task_output p where p.task_id = any (array(select o.id from old o))
    ), gone as (
      delete from tasks t where ${byIdOf('old')} returning t.id
    ), audit as (
      insert into senate_audit (by, action, subject_kind, subject_id, why, data)
      select 'orchestra.retention', 'tasks.forgotten', 'task', '*',
             format('finished more than %s days ago (ORCHESTRA_RETENTION_DAYS)', $1::int),
             jsonb_build_object('tasks', (select count(*) from gone), 'events', (select e.forgotten from events e),
                                'days', $1::int)
       where exists (select from gone)
    )
    select (select count(*)::int from gone) as tasks, (select e.forgotten from events e)::int as events,
           (select count(*)::int from looked) as looked,
           l.at::text as at, l.id::text as id
      from (select) one
      left join lateral (select l.at, l.id from looked l order by l.at desc, l.id desc limit 1) l on true`,
    [days, from?.at ?? null, from?.id ?? null],
  );
  const more = row !== undefined && row.looked === BATCH_MAX && row.at !== null && row.id !== null;
  return {
    tasks: row?.tasks ?? 0,
    events: row?.events ?? 0,
    next: more ? { at: row.at ?? '', id: row.id ?? '' } : undefined,
  };
}
