import { runOnce, type Idempotency } from '@orchestra/pause-core';
import type { Database, Queryable } from '@orchestra/database';
import { CLAIM } from '../claim-statement.ts';
import type { ClaimedTask } from '../contract/index.ts';

/** How long a run may go without a heartbeat by default. */
export const LEASE_SECONDS = 60;

export interface ClaimOrder {
  worker: string;
  /** Absent: of any agent. */
  agents?: readonly string[] | undefined;
  /** Absent: of any skill. */
  skills?: readonly string[] | undefined;
  limit: number;
  host?: string | undefined;
  pid?: number | undefined;
  leaseSeconds?: number;
}

type ClaimedRow = Omit<ClaimedTask, 'lease_seconds'>;

/**
 * Takes up to `limit` eligible tasks for a worker, by priority and then by place, and none that an active pause covers
 * (P1). Paused tasks that it meets are put off, with one event for each task and pause. One statement, one round trip.
 */
export async function claimTasks(db: Queryable, order: ClaimOrder): Promise<ClaimedTask[]> {
  const { rows } = await db.query<ClaimedRow>({
    // Prepared once for each connection: planning it takes several times as long as running it.
    name: 'orchestra-claim',
    text: CLAIM,
    values: [order.worker, order.host ?? null, order.pid ?? null, order.agents ?? null, order.skills ?? null, order.limit],
  });
  return rows.map((row) => ({ ...row, lease_seconds: order.leaseSeconds ?? LEASE_SECONDS }));
}

/**
 * The same for a caller that may have to ask twice: a repeated call gets those of the first one's tasks that are still
 * its own, each with its lease begun anew. A call that found nothing leaves nothing to repeat; asked again, it claims.
 *
 * @throws PauseError `idempotency_key_reused`, `idempotency_key_in_use`
 */
export async function claimTasksOnce(db: Database, order: ClaimOrder, idempotency: Idempotency): Promise<ClaimedTask[]> {
  let repeated = true;
  const tasks = await runOnce(db, idempotency, (tx) => {
    repeated = false;
    return claimTasks(tx, order);
  }, (claimed) => claimed.length > 0);
  return repeated ? keepOwned(db, tasks) : tasks;
}

/** Without this, a repeated call could begin a run that has meanwhile been taken away. */
async function keepOwned(db: Database, tasks: ClaimedTask[]): Promise<ClaimedTask[]> {
  const { rows } = await db.query<{ run_id: string }>(
    `update tasks t set heartbeat_at = clock_timestamp()
       from jsonb_to_recordset($1::jsonb) as c(id bigint, run_id uuid)
      where t.id = c.id and t.run_id = c.run_id and t.status = 'running'
     returning t.run_id`, [JSON.stringify(tasks.map(({ id, run_id }) => ({ id, run_id })))]);
  const owned = new Set(rows.map((row) => row.run_id));
  return tasks.filter((task) => owned.has(task.run_id));
}
