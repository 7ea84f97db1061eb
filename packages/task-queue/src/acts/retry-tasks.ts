import { STATUS_WORDS } from '../contract/index.ts';
import { byIdOf, makeLanes } from '../sql/lock-order.ts';
import type { Act } from './act-on-tasks.ts';

/**
 * A task that has failed or was cancelled goes back to the queue, in its old place and stage, with all its attempts.
 * Its next run is given the cursor of the one before, unless it is to begin from the start. A question that nobody has
 * answered is forgotten.
 */
export const retryTasks = (fromStart: boolean): Act => ({
  action: 'task.requeued',
  statuses: ['failed', 'cancelled'],
  // Who retries all tasks of a label means those that went wrong, and not those that somebody has cancelled.
  byFilter: ['failed'],
  change: (own) => `made as materialized (${makeLanes('select c.* from chosen c')}
), changed as (
  update tasks t
     set status = 'queued', attempt = 0, crashes = 0, transient_failures = 0, next_eligible_at = now(),
       deferred_by = null,
         cursor = case when ${own(3)}::boolean then null else t.cursor end,
         questions = case when t.answer is null then null else t.questions end,
         asked_at = case when t.answer is null then null else t.asked_at end
    from chosen c
   where t.id = c.id
     and ${byIdOf('chosen')}
     and (select m.lanes from made m) >= 0
  returning t.id
), events as (
  insert into event_batches (kind, by, task_ids, shared, each)
  select 'requeued', ${own(1)}::text, array_agg(c.id),
         jsonb_build_object('why', ${own(2)}::text, 'from_start', ${own(3)}::boolean, 'status', 'queued'),
         jsonb_agg(jsonb_build_object('was', c.status))
    from chosen c
  having count(*) > 0
)`,
  values: [fromStart],
  audit: { from_start: fromStart },
  whyNot: ({ id, status }) =>
    status === 'held'
      ? `task ${id} is held, and used no attempt; \`orchestra task release ${id}\` lets it go on`
      : status === 'succeeded'
        ? `task ${id} has succeeded; what is to be done again is added anew`
        : `task ${id} ${STATUS_WORDS[status]} already`,
});
