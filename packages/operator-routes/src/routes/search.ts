import type { Database } from '@orchestra/database';
import { route, type Route } from '@orchestra/service-shell';
import { search } from '@orchestra/task-queue';
import { searchAnswer, searchQuery } from '@orchestra/task-queue/contract';

export function searchRoute({ db }: { db: Database }): Route {
  return route({
    method: 'get',
    path: '/api/search',
    permission: 'read',
    summary: 'tasks, pauses, labels and repos by an id or a text',
    description:
      'Looks at every label and repo up to 20,000 of each kind, at the reasons of the newest 1,000 pauses, ' +
      'and at the payloads of the newest 2,000 tasks, ' +
      'those of more than 8,000 bytes left out. What was looked at does not grow with the tasks that have finished.',
    query: searchQuery,
    answer: searchAnswer,
    handle: ({ query: { q } }) => search(db, q),
  });
}
