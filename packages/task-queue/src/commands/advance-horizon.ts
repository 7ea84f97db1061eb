import type { Queryable } from '@orchestra/database';

/** What was under way at one moment: no task with an id above `lastId` had been begun, and these transactions could still add one below. */
export interface HorizonLook {
  lastId: string;
  writers: string[];
}

/**
 * Moves the horizon up to the last id of an earlier look, as soon as every transaction that wrote to `tasks` then has
 * ended. Ids are drawn before their transactions commit; but whoever draws one holds its lock on `tasks` already, so
 * once the writers of that moment have gone, everything up to that id can be seen or never will be.
 *
 * @param earlier the look that the call before returned; null at first
 * @returns a look for the next call. The earlier one again while some of its writers are still at work
 */
export async function advanceHorizon(db: Queryable, earlier: HorizonLook | null): Promise<HorizonLook> {
  // Two statements: the ids must be read before the locks.
  const { rows: [sequence] } = await db.query<{ last_id: string }>(
    "select coalesce(pg_sequence_last_value(pg_get_serial_sequence('tasks', 'id')::regclass), 0) as last_id");
  const { rows } = await db.query<{ virtualtransaction: string }>(
    `select distinct l.virtualtransaction
       from pg_locks l
      where l.locktype = 'relation' and l.granted and l.relation = 'tasks'::regclass and l.mode not in ('AccessShareLock', 'RowShareLock')
        and l.database = (select d.oid from pg_database d where d.datname = current_database())`);
  const look = { lastId: sequence?.last_id ?? '0', writers: rows.map((row) => row.virtualtransaction) };
  if (earlier === null) return look;
  const now = new Set(look.writers);
  if (earlier.writers.some((writer) => now.has(writer))) return earlier;
  await db.query('update task_horizon set id = $1::bigint where id < $1::bigint', [earlier.lastId]);
  return look;
}
