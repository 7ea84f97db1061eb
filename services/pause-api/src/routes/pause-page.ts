import type { Database } from '@orchestra/database';
import { id, pausePage } from '@orchestra/pause-core/contract';
import { PauseError } from '@orchestra/pause-core';
import { route, type Route } from '@orchestra/service-shell';
import { readPausePage } from '@orchestra/task-queue';
import { z } from 'zod';

export function pausePageRoute({ db }: { db: Database }): Route {
  return route({
    method: 'get',
    path: '/api/senate/pauses/:id',
    permission: 'read',
    refuses: ['pause_not_found'],
    summary: 'the receipt of one pause, as of now',
    description:
      'Which runs had begun when it took effect and how each has ended, what is still in flight, what it ' +
      'holds, and what happened to it.',
    params: z.strictObject({ id }),
    answer: pausePage,
    handle: async ({ params }) => {
      const page = await readPausePage(db, params.id);
      if (page === undefined) throw new PauseError('pause_not_found', `there is no pause ${params.id}`);
      return page;
    },
  });
}
