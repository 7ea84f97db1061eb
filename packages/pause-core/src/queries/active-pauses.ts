import type { Queryable } from '@orchestra/database';
import type { ActivePause } from '../pause.ts';
import type { Scope } from '../scope.ts';
import { PAUSE_COLUMNS, toPause, type PauseRow } from './pause-row.ts';

interface ActiveRow extends PauseRow { remaining_ms: number | null }

/**
 * The pauses that hold now, by the database's clock, newest first. Asks the database: what a check inside a loop
 * wants is the replica.
 */
export async function listActivePauses(db: Queryable, scope?: Scope): Promise<ActivePause[]> {
  const { rows } = await db.query<ActiveRow>(
    `select ${PAUSE_COLUMNS},
            (extract(epoch from p.ends_at - clock_timestamp()) * 1000)::float8 as remaining_ms
       from active_pauses p
      where ($1::text is null or (p.scope_kind = $1 and p.scope_value = $2))
      order by p.paused_at desc, p.id desc`,
    [scope?.kind ?? null, scope?.value ?? null],
  );
  return rows.map((row) => ({ ...toPause(row), remainingMs: row.remaining_ms }));
}
