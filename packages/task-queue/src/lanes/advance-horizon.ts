import type { Database } from '@orchestra/database';
import { isStillTrue, type HorizonLook } from './horizon-look.ts';

// Who may have added a task: INSERT and COPY take this lock, whatever stronger one their transaction also has. Vacuum,
// analyze and the building of indexes take others.
const WRITERS = `
  select distinct l.virtualtransaction
    from pg_locks l
   where l.locktype = 'relation' and l.granted and l.relation = 'tasks'::regclass and l.mode = 'RowExclusiveLock'
     and l.database = (select d.oid from pg_database d where d.datname = current_database())`;

const NOW = `
  select coalesce(pg_sequence_last_value(pg_get_serial_sequence('tasks', 'id')::regclass), 0) as "lastId", h.resets,
         h.looked_to as "lookedTo",
         concat_ws(' ', extract(epoch from pg_postmaster_start_time()), 'tasks'::regclass::oid) as of,
         array(${WRITERS}) as writers
    from task_horizon h`;

// The sequence went back. Tasks that come below a head, or the horizon, lock their lane until they are committed, and
// so would wait for one another. What somebody holds just now is left to those tasks.
const LOWER_HEADS = `
  with lanes as materialized (
    select l.id from task_lanes l where l.head > $1::bigint + 1 order by l.id for no key update of l skip locked
  )
  update task_lanes l set head = $1::bigint + 1, returns = l.returns + 1 from lanes n where l.id = n.id`;

/**
 * Moves the horizon up to the last id of an earlier look, as soon as every transaction that wrote to `tasks` then has
 * ended. Ids are drawn before their transactions commit. Anyone who adds a task either held its lock on `tasks` when
 * the look was made, and was waited for; or began later, and then its trigger reads in `looked_to` how far the look
 * went and counts a task below that as a return. So nothing depends on ids that only grow: a sequence may be set back,
 * or be handed out in portions.
 *
 * @param db no transaction: how far a look goes must be committed before the writers are read
 * @param earlier the look that the call before returned; null at first
 * @returns a look for the next call. The earlier one again while some of its writers are still at work
 */
export async function advanceHorizon(db: Database, earlier: HorizonLook | null): Promise<HorizonLook> {
  const {
    rows: [now],
  } = await db.query<HorizonLook & { lookedTo: string }>(NOW);
  if (now === undefined)
    throw new Error('task_horizon has no row; put it back: insert into task_horizon (id) values (0)');
  if (BigInt(now.lastId) < BigInt(now.lookedTo)) {
    await db.query(
      `update task_horizon h set id = least(h.id, $1::bigint), looked_to = $1::bigint, resets = h.resets + 1
         where h.looked_to > $1::bigint`,
      [now.lastId],
    );
    await db.query(LOWER_HEADS, [now.lastId]);
    return now; // void by now: the horizon has been reset since
  }
  const valid = earlier !== null && isStillTrue(earlier, now) ? earlier : null;
  if (valid?.writers.some((writer) => now.writers.includes(writer))) return valid;
  await db.query(
    `update task_horizon h
        set looked_to = greatest(h.looked_to, $1::bigint), id = case when h.resets = $3::bigint
          then greatest(h.id, $2::bigint) else h.id end
      where h.looked_to < $1::bigint or h.id < $2::bigint`,
    [now.lastId, valid?.lastId ?? '0', now.resets],
  );
  // A statement of its own: the writers must be read after the ids, and after all who begin can see how far this look
  // goes.
  const { rows } = await db.query<{ virtualtransaction: string }>(WRITERS);
  return { lastId: now.lastId, of: now.of, resets: now.resets, writers: rows.map((row) => row.virtualtransaction) };
}
