import type { Queryable } from '@orchestra/database';
import type { ActivePause } from '../pause.ts';
import { inOrder, type Scope } from '../scope.ts';
import { PAUSE_COLUMNS, toPause, type PauseRow } from './pause-row.ts';

interface ActiveRow extends PauseRow {
  remaining_ms: number | null;
}

/** Where they are read: the view, or the function for who may read no table (migrations/0038). */
export type PausesSource = 'active_pauses' | 'orchestra_work_pauses()';

const activePauses = (condition: string, source: PausesSource = 'active_pauses'): string => `
select ${PAUSE_COLUMNS},
       (extract(epoch from p.ends_at - clock_timestamp()) * 1000)::float8 as remaining_ms
  from ${source} p ${condition}
 order by p.paused_at desc, p.id desc`;

/** In SQL: is a pause `p` on exactly this set of labels? Its parameters are {@link scopeValues}. */
export const ON_SCOPE = 'p.scope_kind = $1 and p.scope_value = $2 and p.also is not distinct from $3::jsonb';

/** The kind, the value and the further labels of a scope, in the one form in which rows hold them. */
export function scopeValues(scope: Scope): [kind: string, value: string, also: string | null] {
  const { kind, value, also } = inOrder(scope);
  return [kind, value, also === undefined ? null : JSON.stringify(also)];
}

/**
 * The pauses that hold now, by the database's clock, newest first. Asks the database: what a check inside a loop
 * wants is the replica.
 *
 * @param scope only those on exactly this set of labels
 */
export async function listActivePauses(db: Queryable, scope?: Scope, source?: PausesSource): Promise<ActivePause[]> {
  const { rows } = await db.query<ActiveRow>(
    scope === undefined
      ? // Prepared once for each connection: every replica asks this at every bell.
        { name: 'orchestra-active-pauses', text: activePauses('', source) }
      : { text: activePauses(`where ${ON_SCOPE}`, source), values: scopeValues(scope) },
  );
  return rows.map((row) => ({ ...toPause(row), remainingMs: row.remaining_ms }));
}
