import type { Queryable } from '@orchestra/database';
import { TASK_STATUSES, type QueueView, type TaskStatus } from '../contract/index.ts';

/** The queue in numbers. The reaper's totals are what its events say, so they outlive restarts. */
export async function readQueueView(db: Queryable, leaseSeconds: number): Promise<QueueView> {
  const byStatus = await db.query<{ status: TaskStatus; count: number }>('select t.status, count(*)::int as count from tasks t group by t.status');
  const { rows: [rest] } = await db.query<{ active: number; deferred: number; reaped: number; healed: number }>(
    `select (select count(*)::int from active_pauses) as active,
            (select count(*)::int from tasks t where t.status = 'queued' and t.deferred_by in (select p.id from active_pauses p)) as deferred,
            (select count(*)::int from task_events e where e.kind = 'reaped') as reaped,
            (select count(*)::int from task_events e where e.kind = 'healed') as healed`);
  const counts = Object.fromEntries(TASK_STATUSES.map((status) => [status, 0])) as Record<TaskStatus, number>;
  for (const { status, count } of byStatus.rows) counts[status] = count;
  return {
    counts,
    pauses: { active: rest?.active ?? 0, deferred: rest?.deferred ?? 0 },
    reaper: { lease_seconds: leaseSeconds, reaped_total: rest?.reaped ?? 0, impossible_queued_total: rest?.healed ?? 0 },
  };
}
