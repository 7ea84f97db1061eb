import { runOnce, type Idempotency } from '@orchestra/pause-core';
import type { Database, Queryable } from '@orchestra/database';
import { ClaimStrategyCache } from '../turn/claim-strategy.ts';
import type { ClaimedTask } from '../contract/index.ts';
import { byIdOf } from '../sql/lock-order.ts';
import { waitsForGates, type ClaimOrder } from '../turn/claim-order.ts';
import { readTasks } from '../turn/read-tasks.ts';
import { searchSteps } from '../turn/search-steps.ts';
import { TaskSearch } from '../turn/task-search.ts';

/**
 * Takes up to `limit` eligible tasks for a worker, by priority and then by place, and none that an active pause covers
 * (P1). One statement and one round trip, but where many tasks are paused or cannot start yet, or many lanes are
 * drained at a time. It goes on until it has as many as were asked for, or has looked at everything: an empty answer
 * means that there is nothing.
 *
 * In a transaction with others, {@link waitsForGates} has to be false.
 *
 * @param ways remembers which statement to begin with; share one between all claims of a process
 */
export async function claimTasks(
  db: Queryable,
  order: ClaimOrder,
  ways: ClaimStrategyCache = new ClaimStrategyCache(),
): Promise<ClaimedTask[]> {
  const search = new TaskSearch(order, ways);
  await search.goOn(searchSteps(db, order));
  return readTasks(search.tasks);
}

/**
 * The same for a caller that may have to ask twice: a repeated call gets those of the first one's tasks that are still
 * its own, each with its lease started again. A call that found nothing leaves nothing to repeat; asked again, it
 * claims. Where it {@link waitsForGates}, each look is a transaction of its own, and the first that finds something is
 * the last.
 *
 * @throws PauseError `idempotency_key_reused`, `idempotency_key_in_use`
 */
export async function claimTasksOnce(
  db: Database,
  order: ClaimOrder,
  idempotency: Idempotency,
  ways: ClaimStrategyCache = new ClaimStrategyCache(),
): Promise<ClaimedTask[]> {
  let repeated = false;
  let search = new TaskSearch(order, ways);
  const lookOrClaim = async (tx: Queryable): Promise<ClaimedTask[]> => {
    repeated = false;
    // What a transaction found that was rolled back is not claimed.
    if (!waitsForGates(order)) search = new TaskSearch(order, ways);
    do await search.look(searchSteps(tx, order));
    while (!search.over && !waitsForGates(order));
    return readTasks(search.tasks);
  };
  for (;;) {
    repeated = true;
    const tasks = await runOnce(db, idempotency, lookOrClaim, (claimed) => claimed.length > 0);
    if (repeated) return keepOwned(db, tasks);
    if (search.over || tasks.length > 0) return tasks;
  }
}

/** Without this, a repeated call could begin a run that has meanwhile been taken away. */
async function keepOwned(db: Database, tasks: ClaimedTask[]): Promise<ClaimedTask[]> {
  const { rows } = await db.query<{ run_id: string }>(
    `with kept as materialized (
       select c.id, c.run_id from jsonb_to_recordset($1::jsonb) as c(id bigint, run_id uuid)
     ), locked as materialized (
       select t.id from tasks t
        where t.id = any (array(select k.id from kept k))
          and coalesce(t.status, '') = 'running'
        order by t.id for no key update of t
     )
     update tasks t set heartbeat_at = clock_timestamp()
       from kept k
      where t.id = k.id and ${byIdOf('kept')} and t.run_id = k.run_id and coalesce(t.status, '') = 'running'
        and (select count(*) from locked) >= 0
     returning t.run_id`,
    [JSON.stringify(tasks.map(({ id, run_id }) => ({ id, run_id })))],
  );
  const owned = new Set(rows.map((row) => row.run_id));
  return tasks.filter((task) => owned.has(task.run_id));
}
