import type { Queryable } from '@orchestra/database';
import { pauseCovers } from '../sql/predicates.ts';

/** The trace of a call that a claim meets again: the one that added a task, or the one that paused. */
export interface KeptTrace {
  of: 'task' | 'pause';
  id: string;
  traceparent: string;
}

// More than a person follows, and fewer than the 128 links that a span takes.
const TRACES_MAX = 100;

/**
 * What is to be told of where a claim's tasks come from, and what held them: the calls that added them, the pauses that
 * they waited under, and, of a claim that found fewer than it asked for, the pauses that hold something now. Asked
 * after the claim, and only where tracing is on.
 */
export async function traceLinks(db: Queryable, taskIds: readonly string[], foundAll: boolean): Promise<KeptTrace[]> {
  const { rows } = await db.query<KeptTrace>(
    `select k.of, k.id::text as id, k.traceparent
       from (select 'task' as of, t.id, t.traceparent from tasks t where t.id = any ($1::bigint[])
              union
             select 'pause', p.id, p.traceparent
               from unnest($1::bigint[]) u(task_id)
              cross join lateral events_of_task(u.task_id) e
               join senate_pause p on p.id = (e.data ->> 'pause_id')::bigint
              where e.kind = 'deferred'
              union
             select 'pause', p.id, p.traceparent
               from senate_pause p
              where not $2 and p.cleared_at is null and p.id in (select a.id from active_pauses a)
                and exists (select from task_lanes l
                             where ${pauseCovers('p', 'l')})) k
      where k.traceparent is not null
      order by k.of desc, k.id
      limit $3`,
    [taskIds, foundAll, TRACES_MAX],
  );
  return rows;
}
