import type { Queryable } from '@orchestra/database';
import type { ReapCause } from '../contract/index.ts';
import { rowByRow, type OnFailedRow } from '../sql/row-by-row.ts';

// One statement's worth, also of take_away_runs (migrations/0038); the reaper comes again.
const BATCH_MAX = 500;

/**
 * Takes runs away whose owner has sent no heartbeat for the lease, by the database's clock.
 *
 * @param onFailed told of rows that cannot be changed, which then stop none of the others
 * @returns how many; 500 at most, then there may be more
 */
export function reapRuns(db: Queryable, leaseSeconds: number, onFailed?: OnFailedRow): Promise<number> {
  return takeAway(db, { cause: 'lease', leaseSeconds }, onFailed);
}

/**
 * Takes away those of `runIds` whose processes have been found dead. Only a caller that has looked at the process table
 * in which they ran can know that; see `classifyProcess`.
 *
 * @returns how many were still running
 */
export function reapDeadProcesses(db: Queryable, runIds: readonly string[], onFailed?: OnFailedRow): Promise<number> {
  return takeAway(db, { cause: 'process_gone', runIds }, onFailed);
}

/**
 * Takes away those of `runIds` that began before their machine was restarted, and that have not been heard since.
 * One that has been heard runs on another machine of the same name.
 *
 * @param upForSeconds how long this machine has been up
 * @returns how many were still running
 */
export function reapFormerBoots(
  db: Queryable,
  runIds: readonly string[],
  upForSeconds: number,
  onFailed?: OnFailedRow,
): Promise<number> {
  return takeAway(db, { cause: 'other_boot', runIds, upForSeconds }, onFailed);
}

interface Taking {
  cause: ReapCause;
  leaseSeconds?: number;
  runIds?: readonly string[];
  upForSeconds?: number;
}

function takeAway(db: Queryable, taking: Taking, onFailed?: OnFailedRow): Promise<number> {
  return rowByRow(
    { change: (taskId) => takeFromLost(db, taking, taskId), list: (after) => listLost(db, taking, after) },
    onFailed,
  );
}

/** Whether they are still to be taken away is judged row by row, by what takes them. */
async function listLost(db: Queryable, { leaseSeconds, runIds }: Taking, after: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select t.id from tasks t
      where t.status = 'running' and t.id > $1::bigint
        and ($2::float8 is null or t.heartbeat_at < clock_timestamp() - make_interval(secs => $2::float8))
        and ($3::uuid[] is null or t.run_id = any ($3))
      order by t.id limit ${BATCH_MAX}`,
    [after, leaseSeconds ?? null, runIds ?? null],
  );
  return rows.map((row) => row.id);
}

async function takeFromLost(
  db: Queryable,
  { cause, leaseSeconds, runIds, upForSeconds }: Taking,
  taskId: string | null,
): Promise<number> {
  const {
    rows: [row],
  } = await db.query<{ reaped: number }>('select take_away_runs($1, $2, $3, $4, $5) as reaped', [
    cause,
    taskId,
    leaseSeconds ?? null,
    runIds ?? null,
    upForSeconds ?? null,
  ]);
  return row?.reaped ?? 0;
}
