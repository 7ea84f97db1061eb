import type { Queryable } from '@orchestra/database';
import type { Pause } from '../pause.ts';
import { PAUSE_COLUMNS, toPause, type PauseRow } from './pause-row.ts';

// Pauses that are looked at, the newest.
const PAUSES_SEARCHED_MAX = 1_000;

/**
 * Of the newest pauses, active or ended, those whose reason or scope holds this text; case makes no difference. Newest
 * first.
 */
export async function searchPauses(db: Queryable, text: string, limit: number): Promise<Pause[]> {
  const { rows } = await db.query<PauseRow>(
    `select ${PAUSE_COLUMNS}
       from (select p.* from senate_pause p order by p.id desc limit ${PAUSES_SEARCHED_MAX}) p
      where position(lower($1) in lower(p.reason || E'\\n' || p.scope_value || E'\\n' || coalesce(p.also::text,
        ''))) > 0
      order by p.id desc
      limit $2`,
    [text, limit],
  );
  return rows.map(toPause);
}
