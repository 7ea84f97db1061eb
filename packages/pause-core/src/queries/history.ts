import type { Queryable } from '@orchestra/database';
import type { HistoryEntry } from '../contract/index.ts';
import type { ScopeKind } from '../scope.ts';

export interface HistoryFilter {
  scopeKind?: ScopeKind | undefined;
  scopeValue?: string | undefined;
  by?: string | undefined;
  action?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
  /** Only entries older than the one with this id. */
  beforeId?: string | undefined;
  limit: number;
}

type HistoryRow = Omit<HistoryEntry, 'at'> & { at: Date };

/** Who did what, when, why: newest first (P12). The filters look through the newest entries one by one; a time bounds that. */
export async function listHistory(db: Queryable, filter: HistoryFilter): Promise<HistoryEntry[]> {
  const { rows } = await db.query<HistoryRow>(
    `select a.id, a.at, a.by, a.action, a.subject_kind, a.subject_id, case when a.data ->> 'scope_kind' in ('agent', 'skill', 'quest', 'actor') then a.data ->> 'scope_kind' end as scope_kind, a.data ->> 'scope_value' as scope_value, a.why, a.data
       from senate_audit a
      where ($1::text is null or a.data ->> 'scope_kind' = $1)
        and ($2::text is null or a.data ->> 'scope_value' = $2)
        and ($3::text is null or a.by = $3)
        and ($4::text is null or a.action = $4)
        and ($5::timestamptz is null or a.at >= $5)
        and ($6::timestamptz is null or a.at < $6)
        and ($7::bigint is null or a.id < $7)
      order by a.id desc
      limit $8`,
    [filter.scopeKind ?? null, filter.scopeValue ?? null, filter.by ?? null, filter.action ?? null, filter.since ?? null, filter.until ?? null, filter.beforeId ?? null, filter.limit]);
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}
