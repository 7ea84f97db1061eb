import type { Queryable } from '@orchestra/database';
import type { QueueView, TaskStatus } from '../contract/index.ts';
import type { GatedRepos } from '../sql/predicates.ts';
import type { Pipeline } from '../pipelines/pipeline.ts';
import type { RunnerSwitches } from '../pipelines/runner-reservations.ts';
import { viewBrakeProof } from '../proof/brake-proof.ts';
import { readReaperTotals } from '../reaper/reaper-totals.ts';
import { readRunners } from '../pipelines/runners-view.ts';
import { readSerialGate } from '../gates/serial-gate-view.ts';

// What is open is counted by indexes that hold nothing else. What has finished is counted as it finishes: there is no
// end of it.
const COUNTS = `
select (select count(*)::int from tasks t where t.status = 'queued') as queued,
       (select count(*)::int from tasks t where t.status = 'running') as running,
       (select count(*)::int from tasks t where t.status = 'held') as held,
       f.succeeded, f.failed, f.cancelled
  from (select coalesce(sum(c.succeeded), 0)::int as succeeded, coalesce(sum(c.failed), 0)::int as failed,
               coalesce(sum(c.cancelled), 0)::int as cancelled
          from task_totals c) f`;

/**
 * The queue in numbers. The reaper's totals stand in a row of their own: they outlive restarts, and nobody has to count
 * events.
 */
export async function readQueueView(
  db: Queryable,
  leaseSeconds: number,
  gatedRepos: GatedRepos = null,
  heal: 'on' | 'off' = 'on',
  runners: { switches?: RunnerSwitches; pipelines?: readonly Pipeline[] } = {},
): Promise<QueueView> {
  const {
    rows: [counts],
  } = await db.query<Record<TaskStatus, number>>(COUNTS);
  if (counts === undefined) throw new Error('a statement without a from answered no row');
  const {
    rows: [rest],
  } = await db.query<{ active: number; deferred: number }>(
    `select (select count(*)::int from active_pauses) as active,
            (select count(*)::int
               from tasks t
              where t.status = 'queued'
                and t.deferred_by in (select p.id from active_pauses p)) as deferred`,
  );
  return {
    counts,
    serial_gate: await readSerialGate(db, gatedRepos),
    pauses: { active: rest?.active ?? 0, deferred: rest?.deferred ?? 0 },
    reaper: { lease_seconds: leaseSeconds, heal, ...(await readReaperTotals(db)) },
    runners: await readRunners(db, runners.switches, runners.pipelines),
    brake_proof: await viewBrakeProof(db),
  };
}
