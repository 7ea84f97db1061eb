import type { Database } from '@orchestra/database';
import { listActivePauses, listEndedPauses, names, toPauseView } from '@orchestra/pause-core';
import {
  activePauses,
  pauseHistory,
  pausesQuery,
  type ActivePauses,
  type PauseHistory,
} from '@orchestra/pause-core/contract';
import { readCursor, route, toPage, type Route } from '@orchestra/service-shell';
import { listPausesWithAttached } from '@orchestra/task-queue';
import { z } from 'zod';

type Filter = z.output<typeof pausesQuery>;

export function pausesRoute({ db }: { db: Database }): Route {
  return route({
    method: 'get',
    path: '/api/senate/pauses',
    permission: 'read',
    summary: 'list the active pauses, or with `history` those that have ended',
    description: 'A filter lists the pauses that name these labels, and perhaps others as well.',
    query: pausesQuery,
    answer: z.union([activePauses, pauseHistory]),
    handle: ({ query }) => (query.history ? ended(db, query) : active(db, query)),
  });
}

async function active(
  db: Database,
  { scope_kind: kind, scope_value: value, also, limit, cursor }: Filter,
): Promise<ActivePauses> {
  const beforeId = readCursor(cursor);
  const pauses = await listActivePauses(db);
  const asked = pauses
    .filter(({ scope }) => names(scope, { kind, value, also }))
    .filter(({ id }) => beforeId === undefined || BigInt(id) < BigInt(beforeId))
    .toSorted((a, b) => Number(BigInt(b.id) - BigInt(a.id)));
  const { items, nextCursor } = toPage(asked, limit);
  return { pauses: await listPausesWithAttached(db, items), next_cursor: nextCursor };
}

async function ended(
  db: Database,
  { scope_kind: kind, scope_value: value, also, limit, cursor }: Filter,
): Promise<PauseHistory> {
  const rows = await listEndedPauses(db, { kind, value, also, beforeId: readCursor(cursor), limit: limit + 1 });
  const { items, nextCursor } = toPage(rows, limit);
  return { pauses: items.map(toPauseView), next_cursor: nextCursor };
}
