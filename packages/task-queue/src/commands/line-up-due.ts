import type { Queryable } from '@orchestra/database';
import { lockGates } from '../gate-statement.ts';

// One round's worth; whoever calls comes again.
const BATCH_MAX = 500;

/**
 * Puts tasks of repos that were added for later in line when their time has come, each in its place. A gate's head is what
 * triggers make of changes to tasks, and the mere passing of time changes none.
 *
 * @returns how many got in line
 */
export async function lineUpDue(db: Queryable): Promise<number> {
  const { rowCount } = await db.query({
    name: 'orchestra-line-up',
    text: `
    with due as materialized (
      select t.id, t.repo from tasks t
       where t.status = 'queued' and not t.in_line and (t.next_eligible_at <= now() or t.deferred_by is not null)
       order by t.next_eligible_at limit ${BATCH_MAX}
         for no key update of t skip locked
    ), gates as materialized (${lockGates('due')}
    )
    update tasks t set in_line = true
      from due d
     where t.id = d.id and (select count(*) from gates) >= 0`,
  });
  return rowCount ?? 0;
}
