import type { Queryable } from '@orchestra/database';
import type { HeartbeatAnswer } from '../contract/index.ts';
import { refuseRun } from '../turn/not-owner.ts';

const BEAT = 'select beat_runs($1) as alive';

/** What the answer to a heartbeat says of an order to stop the run. */
export type OrderedStop = NonNullable<HeartbeatAnswer['stop']>;

/** A run whose heartbeat was taken: which of those given, counted from 1. */
export interface Alive {
  n: number;
  stop: OrderedStop | null;
}

/**
 * Prolongs a run's lease, by the database's clock.
 *
 * @param output the end of what the run has printed so far, in place of what was kept before
 * @param printed how many characters it has printed in all
 * @returns the order to stop the run, where an operator has given one
 * @throws TaskError `run_not_owner` when the run has been taken away or has ended, `task_not_found`
 */
export async function heartbeat(
  db: Queryable,
  taskId: string,
  runId: string,
  output?: string,
  printed?: number,
): Promise<OrderedStop | undefined> {
  const {
    rows: [row],
  } = await db.query<{ alive: Alive[] }>(BEAT, [JSON.stringify([{ id: taskId, run_id: runId, output, printed }])]);
  const [alive] = row?.alive ?? [];
  if (alive === undefined) return refuseRun(db, taskId, runId);
  return alive.stop === null ? undefined : { ...alive.stop, fence_at: new Date(alive.stop.fence_at).toISOString() };
}
