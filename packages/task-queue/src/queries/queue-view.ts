import type { Queryable } from '@orchestra/database';
import { TASK_STATUSES, type QueueView, type TaskStatus } from '../contract/index.ts';
import type { GatedRepos } from '../gated.ts';
import type { Pipeline } from '../pipelines/pipeline.ts';
import type { RunnerSwitches } from '../runner-switches.ts';
import { readReaperTotals } from './reaper-totals.ts';
import { readRunners } from './runners-view.ts';
import { readSerialGate } from './serial-gate-view.ts';

/** The queue in numbers. The reaper's totals stand in a row of their own: they outlive restarts, and nobody has to count events. */
export async function readQueueView(db: Queryable, leaseSeconds: number, gatedRepos: GatedRepos = null, heal: 'on' | 'off' = 'on',
  runners: { switches?: RunnerSwitches; pipelines?: readonly Pipeline[] } = {}): Promise<QueueView> {
  const byStatus = await db.query<{ status: TaskStatus; count: number }>('select t.status, count(*)::int as count from tasks t group by t.status');
  const { rows: [rest] } = await db.query<{ active: number; deferred: number }>(
    `select (select count(*)::int from active_pauses) as active,
            (select count(*)::int from tasks t where t.status = 'queued' and t.deferred_by in (select p.id from active_pauses p)) as deferred`);
  const counts = Object.fromEntries(TASK_STATUSES.map((status) => [status, 0])) as Record<TaskStatus, number>;
  for (const { status, count } of byStatus.rows) counts[status] = count;
  return {
    counts,
    serial_gate: await readSerialGate(db, gatedRepos),
    pauses: { active: rest?.active ?? 0, deferred: rest?.deferred ?? 0 },
    reaper: { lease_seconds: leaseSeconds, heal, ...await readReaperTotals(db) },
    runners: await readRunners(db, runners.switches, runners.pipelines),
  };
}
