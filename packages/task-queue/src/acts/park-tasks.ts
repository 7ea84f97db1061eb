import { byIdOf } from '../sql/lock-order.ts';
import type { Act } from './act-on-tasks.ts';

/** Tasks that wait are set aside, as one is by `parkTask`. Each gets its event by a trigger. */
export const PARK: Act = {
  action: 'task.parked',
  statuses: ['queued', 'held'],
  also: () => 't.paused_at is null',
  change: (own) => `changed as (
  update tasks t
     set paused_at = now(), paused_by = ${own(1)}::text, pause_reason = coalesce(${own(2)}::text, 'parked')
    from chosen c
   where t.id = c.id
     and ${byIdOf('chosen')}
  returning t.id
)`,
  values: [],
  audit: {},
  whyNot: ({ id, status }) => `task ${id} is ${status}, or was parked meanwhile; it was left as it is`,
};
