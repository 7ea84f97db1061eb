import type { Database } from '@orchestra/database';
import { route, type Route } from '@orchestra/service-shell';
import { readLabelNumbers, readLabelPage, readQueueRates, readWorkers } from '@orchestra/task-queue';
import {
  labelPage,
  labelQuery,
  labels,
  labelsQuery,
  queueRates,
  ratesQuery,
  workers,
  workersQuery,
} from '@orchestra/task-queue/contract';
import type { z } from 'zod';
import { KeptAnswers } from '../kept-answers.ts';

// As often as a desk hears that something has changed.
const KEEP_MS = 2_000;

/** Answers a question from memory while the answer is fresh, and says how old it is. */
function kept<Query, Answer extends object>(
  read: (query: Query) => Promise<Answer>,
): (call: { query: Query }) => Promise<Answer & { age_ms: number }> {
  const answers = new KeptAnswers<Answer>(KEEP_MS);
  return async ({ query }) => {
    const { answer, ageMs } = await answers.get(JSON.stringify(query), () => read(query));
    return { ...answer, age_ms: ageMs };
  };
}

export function numbersRoutes({ db }: { db: Database }): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/queue/rates',
      permission: 'read',
      summary: 'what happened in the queue in the last hour, minute by minute, or in a longer range',
      description:
        'With `range` also the last six hours, day or week, span by span. These are made of minutes that ' +
        'pause-api counts once they are over, and keeps for eight days.',
      query: ratesQuery,
      answer: queueRates,
      handle: kept(({ range }: z.output<typeof ratesQuery>) => readQueueRates(db, range)),
    }),
    route({
      method: 'get',
      path: '/api/queue/labels',
      permission: 'read',
      summary: 'what each agent, skill, quest or actor has to do, and how it has been going',
      query: labelsQuery,
      answer: labels,
      handle: kept((query: z.output<typeof labelsQuery>) => readLabelNumbers(db, query)),
    }),
    route({
      method: 'get',
      path: '/api/queue/label',
      permission: 'read',
      summary: 'one agent, skill, quest or actor: its numbers and its latest alerts',
      query: labelQuery,
      answer: labelPage,
      handle: kept((query: z.output<typeof labelQuery>) => readLabelPage(db, query)),
    }),
    route({
      method: 'get',
      path: '/api/queue/workers',
      permission: 'read',
      summary: 'the workers: what they ask for, what they run, and when they last reported',
      query: workersQuery,
      answer: workers,
      handle: kept((query: z.output<typeof workersQuery>) => readWorkers(db, query)),
    }),
  ];
}
