import type { Queryable } from '@orchestra/database';
import { byIdOf } from '../lock-order.ts';

// One round's worth; whoever calls comes again.
const BATCH_MAX = 500;

const lineUp = (gates: string): string => `
with due as materialized (
  select t.id, t.repo from tasks t
   where t.status = 'queued' and not t.in_line and (t.next_eligible_at <= statement_timestamp() or t.deferred_by is not null)
   order by t.next_eligible_at limit ${BATCH_MAX}
     for no key update of t skip locked
)${gates}
update tasks t set in_line = true from due d where t.id = d.id and ${byIdOf('due')}`;

const WAITING = lineUp('');
const WAITING_FOR_NOBODY = lineUp(`, gates as materialized (
  select g.repo from repo_gates g where g.repo in (select d.repo from due d) for no key update of g skip locked
)`) + ' and exists (select from gates g where g.repo = d.repo)';

/**
 * Puts tasks of repos that were added for later in line when their time has come, each in its place. A gate's head is what
 * triggers make of changes to tasks, and the mere passing of time changes none.
 *
 * @param waits false: tasks whose gates somebody has locked are left for later. A claim may stand behind endings in one transaction, which hold gates
 *   and lanes already: it must wait for nobody
 * @returns how many got in line
 */
export async function lineUpDue(db: Queryable, waits = true): Promise<number> {
  const { rowCount } = await db.query(waits ? { name: 'orchestra-line-up', text: WAITING } : { name: 'orchestra-line-up-beside', text: WAITING_FOR_NOBODY });
  return rowCount ?? 0;
}
