import type { Database } from '@orchestra/database';
import { listHistory } from '@orchestra/pause-core';
import { history, historyQuery } from '@orchestra/pause-core/contract';
import { readCursor, route, toPage, type Route } from '@orchestra/service-shell';

export function historyRoute({ db }: { db: Database }): Route {
  return route({
    method: 'get',
    path: '/api/senate/history',
    permission: 'read',
    summary: 'who did what, when, why; newest first',
    query: historyQuery,
    answer: history,
    handle: async ({
      query: { scope_kind: scopeKind, scope_value: scopeValue, also, by, action, since, until, limit, cursor },
    }) => {
      const rows = await listHistory(db, {
        scopeKind,
        scopeValue,
        also,
        by,
        action,
        since,
        until,
        beforeId: readCursor(cursor),
        limit: limit + 1,
      });
      const { items, nextCursor } = toPage(rows, limit);
      return { entries: items, next_cursor: nextCursor };
    },
  });
}
