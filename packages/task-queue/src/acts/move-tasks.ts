import { byIdOf, makeLanes } from '../sql/lock-order.ts';
import type { Act } from './act-on-tasks.ts';

/** Gives tasks that have not ended another priority. Among those of one priority they stand by their ids, as ever. */
export const moveTasks = (priority: number): Act => ({
  action: 'task.moved',
  statuses: ['queued', 'held', 'running'],
  also: (own) => `t.priority <> ${own(3)}::smallint`,
  change: (
    own,
  ) => `made as materialized (${makeLanes(`select ${own(3)}::smallint as priority, c.repo, c.agent_id, c.skill,
                                                  c.quest_id, c.actor_id
                                             from chosen c
                                            where c.status = 'queued'`)}
), changed as (
  update tasks t
     set priority = ${own(3)}::smallint
    from chosen c
   where t.id = c.id
     and ${byIdOf('chosen')}
     and (select m.lanes from made m) >= 0
  returning t.id
), events as (
  insert into event_batches (kind, by, task_ids, shared, each)
  select 'moved', ${own(1)}::text, array_agg(c.id),
         jsonb_build_object('why', ${own(2)}::text, 'to', ${own(3)}::smallint),
         jsonb_agg(jsonb_build_object('from', c.priority))
    from chosen c
  having count(*) > 0
)`,
  values: [priority],
  audit: { priority },
  whyNot: ({ id, status }) =>
    ['queued', 'held', 'running'].includes(status)
      ? `task ${id} has priority ${priority} already`
      : status === 'cancelled'
        ? `task ${id} was cancelled; it stands in no line`
        : `task ${id} has ${status}; it stands in no line`,
});
