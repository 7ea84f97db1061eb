import type { Queryable } from '@orchestra/database';
import type { Pause } from '../pause.ts';
import type { ScopeKind } from '../scope.ts';
import { PAUSE_COLUMNS, toPause, type PauseRow } from './pause-row.ts';

export interface PauseHistoryFilter {
  kind?: ScopeKind | undefined;
  value?: string | undefined;
  /** Only pauses older than the one with this id. */
  beforeId?: string | undefined;
  limit: number;
}

/** Pauses that have ended (cleared, or past their end by the database's clock), newest first. */
export async function listEndedPauses(db: Queryable, filter: PauseHistoryFilter): Promise<Pause[]> {
  const { rows } = await db.query<PauseRow>(
    `select ${PAUSE_COLUMNS}
       from senate_pause p
      where (p.cleared_at is not null or (p.ends_as = 'resume' and p.paused_at + make_interval(secs => p.ttl_seconds) <= now()))
        and ($1::text is null or p.scope_kind = $1)
        and ($2::text is null or p.scope_value = $2)
        and ($3::bigint is null or p.id < $3)
      order by p.id desc
      limit $4`,
    [filter.kind ?? null, filter.value ?? null, filter.beforeId ?? null, filter.limit],
  );
  return rows.map(toPause);
}
