import type { Queryable } from '@orchestra/database';
import type { Pause } from '../pause.ts';
import type { Labels, ScopeKind } from '../scope.ts';
import { namesLabels, namingValues } from './names-labels.ts';
import { PAUSE_COLUMNS, toPause, type PauseRow } from './pause-row.ts';

export interface PauseHistoryFilter {
  kind?: ScopeKind | undefined;
  value?: string | undefined;
  /** Further labels that the pause names, in whatever order. */
  also?: Labels | undefined;
  /** Only pauses older than the one with this id. */
  beforeId?: string | undefined;
  limit: number;
}

/** Pauses that have ended (cleared, or past their end by the database's clock), newest first. */
export async function listEndedPauses(db: Queryable, filter: PauseHistoryFilter): Promise<Pause[]> {
  const { rows } = await db.query<PauseRow>(
    `select ${PAUSE_COLUMNS}
       from senate_pause p
      where (p.cleared_at is not null or (p.ends_as = 'resume'
                                          and p.paused_at + make_interval(secs => p.ttl_seconds) <= now()))
        and ${namesLabels('p.scope_kind', 'p.scope_value', 'p.also')}
        and ($4::bigint is null or p.id < $4)
      order by p.id desc
      limit $5`,
    [...namingValues(filter), filter.beforeId ?? null, filter.limit],
  );
  return rows.map(toPause);
}
