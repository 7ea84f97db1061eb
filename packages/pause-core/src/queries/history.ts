import type { Queryable } from '@orchestra/database';
import type { HistoryEntry } from '../contract/index.ts';
import { SCOPE_KINDS, type Labels, type ScopeKind } from '../scope.ts';
import { namesLabels, namingValues } from './names-labels.ts';

export interface HistoryFilter {
  scopeKind?: ScopeKind | undefined;
  scopeValue?: string | undefined;
  /** Further labels that the pause names, in whatever order. */
  also?: Labels | undefined;
  by?: string | undefined;
  action?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
  /** Only entries older than the one with this id. */
  beforeId?: string | undefined;
  limit: number;
}

type HistoryRow = Omit<HistoryEntry, 'at'> & { at: Date };

/**
 * Who did what, when, why: newest first (P12). The filters look through the newest entries one by one; a time bounds
 * that.
 */
export async function listHistory(db: Queryable, filter: HistoryFilter): Promise<HistoryEntry[]> {
  const { rows } = await db.query<HistoryRow>(
    `select a.id, a.at, a.by, a.action, a.subject_kind, a.subject_id, case
       when a.data ->> 'scope_kind' in (${SCOPE_KINDS.map((kind) => `'${kind}'`).join(', ')})
         then a.data ->> 'scope_kind' end as scope_kind, a.data ->> 'scope_value' as scope_value,
            nullif(a.data -> 'also', 'null') as also, a.why, a.data
       from senate_audit a
      where ${namesLabels("a.data ->> 'scope_kind'", "a.data ->> 'scope_value'", "nullif(a.data -> 'also', 'null')")}
        and ($4::text is null or a.by = $4)
        and ($5::text is null or a.action = $5)
        and ($6::timestamptz is null or a.at >= $6)
        and ($7::timestamptz is null or a.at < $7)
        and ($8::bigint is null or a.id < $8)
      order by a.id desc
      limit $9`,
    [
      ...namingValues({ kind: filter.scopeKind, value: filter.scopeValue, also: filter.also }),
      filter.by ?? null,
      filter.action ?? null,
      filter.since ?? null,
      filter.until ?? null,
      filter.beforeId ?? null,
      filter.limit,
    ],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}
