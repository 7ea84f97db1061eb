import type { Queryable } from '@orchestra/database';

/**
 * Puts tasks of repos that were added for later in line when their time has come, each in its place. A gate's head is
 * what triggers make of changes to tasks, and the mere passing of time changes none.
 *
 * @param waits false: tasks whose gates somebody has locked are left for later. A claim may stand behind endings in one
 *   transaction, which hold gates
 *   and lanes already: it must wait for nobody
 * @returns how many got in line
 */
export async function admitDueTasks(db: Queryable, waits = true): Promise<number> {
  const {
    rows: [row],
  } = await db.query<{ lined_up: number }>({
    name: 'orchestra-line-up',
    text: 'select line_up_due($1) as lined_up',
    values: [waits],
  });
  return row?.lined_up ?? 0;
}
