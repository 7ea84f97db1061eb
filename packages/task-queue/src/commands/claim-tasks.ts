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
  const { rows } = await db.query<ClaimedRow>(CLAIM, [
    order.worker, order.host ?? null, order.pid ?? null, order.agents ?? null, order.skills ?? null, order.limit,
  ]);
  return rows.map((row) => ({ ...row, lease_seconds: order.leaseSeconds ?? LEASE_SECONDS }));
}

/** The same for a caller that may have to ask twice: a repeated call gets the tasks that the first one took. */
export async function claimTasksOnce(db: Database, order: ClaimOrder, idempotency: Idempotency): Promise<ClaimedTask[]> {
  return runOnce(db, idempotency, (tx) => claimTasks(tx, order));
}
