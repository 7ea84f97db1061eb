import type { Database } from '@orchestra/database';
import { verifyAnswer, verifyQuery } from '@orchestra/pause-core/contract';
import { route, type Route } from '@orchestra/service-shell';
import { verifyEverything } from '@orchestra/task-queue';

export function verifyRoute({ db }: { db: Database }): Route {
  return route({
    method: 'get',
    path: '/api/senate/verify',
    permission: 'read',
    summary: 'did anything start while it was paused?',
    description:
      'Looks at every claim since then by what that claim itself could see. An empty list of `violations` ' +
      'means: nothing did. `attached` tells of queues of other engines, which keep no earlier claims: of ' +
      'the jobs that their workers have just now.',
    query: verifyQuery,
    answer: verifyAnswer,
    handle: ({ query }) => verifyEverything(db, query),
  });
}
