import { byIdOf } from '../sql/lock-order.ts';
import type { Act } from './act-on-tasks.ts';

/** A task that waits, or is held, is done no more. Also one that is parked, and one that waits for an answer. */
export const CANCEL: Act = {
  action: 'task.cancelled',
  statuses: ['queued', 'held'],
  change: (own) => `changed as (
  update tasks t
     set status = 'cancelled', deferred_by = null
    from chosen c
   where t.id = c.id
     and ${byIdOf('chosen')}
  returning t.id
), events as (
  insert into event_batches (kind, by, task_ids, shared, each)
  select 'cancelled', ${own(1)}::text, array_agg(c.id),
         jsonb_build_object('why', ${own(2)}::text, 'status', 'cancelled'),
         jsonb_agg(jsonb_build_object('was', c.status))
    from chosen c
  having count(*) > 0
)`,
  values: [],
  audit: {},
  whyNot: ({ id, status }) =>
    status === 'running'
      ? `task ${id} is running; \`orchestra task stop ${id} --then cancel\` ends its run and cancels it`
      : status === 'cancelled'
        ? `task ${id} is cancelled already`
        : `task ${id} has ${status}; there is nothing left to cancel`,
};
