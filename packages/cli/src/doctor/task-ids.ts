import type { Database } from '@orchestra/database';
import { failed, ok, type Finding } from './finding.ts';

/** A task's id is its place: ids that a session keeps in a cache put later tasks before earlier ones. */
export async function checkTaskIds(db: Database): Promise<Finding> {
  const check = 'task ids';
  const {
    rows: [row],
  } = await db.query<{ name: string; cached: string }>(
    `select s.seqrelid::regclass::text as name, s.seqcache as cached from pg_sequence s
      where s.seqrelid = pg_get_serial_sequence(to_regclass('tasks')::text, 'id')::regclass`,
  );
  if (row === undefined)
    return failed(check, 'there is no table of tasks whose ids come from a sequence', 'run `orchestra db migrate`');
  if (Number(row.cached) === 1) return ok(check, 'each task is given the next id');
  return failed(
    check,
    `the sequence ${row.name} hands out ${row.cached} ids at a time, so tasks do not stand in the order ` +
      'in which they were added',
    `alter sequence ${row.name} cache 1, and have the connections made anew that add tasks`,
  );
}
