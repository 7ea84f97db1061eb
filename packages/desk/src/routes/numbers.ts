import type { Database } from '@orchestra/database';
import { route, type Route } from '@orchestra/service-shell';
import { readLabelNumbers, readQueueRates } from '@orchestra/task-queue';
import { labels, labelsQuery, queueRates, type Labels, type QueueRates } from '@orchestra/task-queue/contract';
import { KeptAnswers } from '../kept-answers.ts';

// As often as a desk hears that something has changed.
const KEEP_MS = 2_000;

export function numbersRoutes({ db }: { db: Database }): Route[] {
  const rates = new KeptAnswers<Omit<QueueRates, 'age_ms'>>(KEEP_MS);
  const byLabel = new KeptAnswers<Omit<Labels, 'age_ms'>>(KEEP_MS);
  return [
    route({
      method: 'get', path: '/api/queue/rates', permission: 'read',
      summary: 'what happened in the queue in the last hour, minute by minute',
      answer: queueRates,
      handle: async () => {
        const { answer, ageMs } = await rates.get('', () => readQueueRates(db));
        return { ...answer, age_ms: ageMs };
      },
    }),
    route({
      method: 'get', path: '/api/queue/labels', permission: 'read',
      summary: 'what each agent, skill, quest or actor has to do, and how it has been going',
      query: labelsQuery, answer: labels,
      handle: async ({ query }) => {
        const { answer, ageMs } = await byLabel.get(JSON.stringify(query), () => readLabelNumbers(db, query));
        return { ...answer, age_ms: ageMs };
      },
    }),
  ];
}
