import type { Database } from '@orchestra/database';
import { listActivePauses, listEndedPauses, toPauseView } from '@orchestra/pause-core';
import { activePauses, pauseHistory, pausesQuery, type ActivePauses, type PauseHistory } from '@orchestra/pause-core/contract';
import { readCursor, route, toPage, type Route } from '@orchestra/service-shell';
import { viewActivePauses } from '@orchestra/task-queue';
import { z } from 'zod';

type Filter = z.output<typeof pausesQuery>;

export function pausesRoute({ db }: { db: Database }): Route {
  return route({
    method: 'get', path: '/api/senate/pauses', permission: 'read',
    summary: 'list the active pauses, or with `history` those that have ended',
    query: pausesQuery, answer: z.union([activePauses, pauseHistory]),
    handle: ({ query }) => (query.history ? ended(db, query) : active(db, query)),
  });
}

async function active(db: Database, { scope_kind: kind, scope_value: value, limit, cursor }: Filter): Promise<ActivePauses> {
  const beforeId = readCursor(cursor);
  const pauses = await listActivePauses(db, kind !== undefined && value !== undefined ? { kind, value } : undefined);
  const asked = pauses
    .filter(({ scope }) => (kind === undefined || scope.kind === kind) && (value === undefined || scope.value === value))
    .filter(({ id }) => beforeId === undefined || BigInt(id) < BigInt(beforeId))
    .toSorted((a, b) => Number(BigInt(b.id) - BigInt(a.id)));
  const { items, nextCursor } = toPage(asked, limit);
  return { pauses: await viewActivePauses(db, items), next_cursor: nextCursor };
}

async function ended(db: Database, { scope_kind: kind, scope_value: value, limit, cursor }: Filter): Promise<PauseHistory> {
  const rows = await listEndedPauses(db, { kind, value, beforeId: readCursor(cursor), limit: limit + 1 });
  const { items, nextCursor } = toPage(rows, limit);
  return { pauses: items.map(toPauseView), next_cursor: nextCursor };
}
