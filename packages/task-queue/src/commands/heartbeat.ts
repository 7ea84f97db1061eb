import type { Queryable } from '@orchestra/database';
import { refuseRun } from './refuse-run.ts';

/**
 * Prolongs a run's lease, by the database's clock.
 *
 * @throws TaskError `run_not_owner` when the run has been taken away or has ended, `task_not_found`
 */
export async function heartbeat(db: Queryable, taskId: string, runId: string): Promise<void> {
  const { rowCount } = await db.query(
    "update tasks set heartbeat_at = clock_timestamp() where id = $1 and run_id = $2 and status = 'running'", [taskId, runId]);
  if (rowCount === 0) await refuseRun(db, taskId, runId);
}
