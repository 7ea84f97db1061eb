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
  type LabelPage,
  type Labels,
  type QueueRates,
  type Workers,
} from '@orchestra/task-queue/contract';
import { KeptAnswers } from '../kept-answers.ts';

// As often as a desk hears that something has changed.
const KEEP_MS = 2_000;

export function numbersRoutes({ db }: { db: Database }): Route[] {
  const rates = new KeptAnswers<Omit<QueueRates, 'age_ms'>>(KEEP_MS);
  const byLabel = new KeptAnswers<Omit<Labels, 'age_ms'>>(KEEP_MS);
  const byWorker = new KeptAnswers<Omit<Workers, 'age_ms'>>(KEEP_MS);
  const ofLabel = new KeptAnswers<Omit<LabelPage, 'age_ms'>>(KEEP_MS);
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
      handle: async ({ query: { range } }) => {
        const { answer, ageMs } = await rates.get(range, () => readQueueRates(db, range));
        return { ...answer, age_ms: ageMs };
      },
    }),
    route({
      method: 'get',
      path: '/api/queue/labels',
      permission: 'read',
      summary: 'what each agent, skill, quest or actor has to do, and how it has been going',
      query: labelsQuery,
      answer: labels,
      handle: async ({ query }) => {
        const { answer, ageMs } = await byLabel.get(JSON.stringify(query), () => readLabelNumbers(db, query));
        return { ...answer, age_ms: ageMs };
      },
    }),
    route({
      method: 'get',
      path: '/api/queue/label',
      permission: 'read',
      summary: 'one agent, skill, quest or actor: its numbers and its latest alerts',
      query: labelQuery,
      answer: labelPage,
      handle: async ({ query }) => {
        const { answer, ageMs } = await ofLabel.get(JSON.stringify(query), () => readLabelPage(db, query));
        return { ...answer, age_ms: ageMs };
      },
    }),
    route({
      method: 'get',
      path: '/api/queue/workers',
      permission: 'read',
      summary: 'the workers: what they ask for, what they run, and when they last reported',
      query: workersQuery,
      answer: workers,
      handle: async ({ query }) => {
        const { answer, ageMs } = await byWorker.get(JSON.stringify(query), () => readWorkers(db, query));
        return { ...answer, age_ms: ageMs };
      },
    }),
  ];
}
