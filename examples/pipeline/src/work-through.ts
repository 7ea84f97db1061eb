import { createWorker, type Handler, type Worker } from '@orchestra-brake/worker';
import { crew } from './crew.ts';
import type { Place } from './place.ts';
import { stagingRunner, testRunner } from './runners.ts';

export interface Where {
  /** worker-claimer */
  url: string;
  /** pause-api */
  pauseUrl: string;
  token: string;
}

/**
 * Starts who works: the crew by its skills, and the two runners in place of the skills testing and staging. Stop them
 * all.
 */
export async function startWorkers(where: Where, place: Place): Promise<Worker[]> {
  const worker = (name: string, handlers: Record<string, Handler>, concurrency: number): Worker =>
    createWorker({ ...where, name, handlers, concurrency, abortGraceMs: 5_000 });
  const workers = [
    worker('crew', crew(place), 4),
    worker('tester', { 'runner:testing': testRunner(place) }, 2),
    worker('stager', { 'runner:staging': stagingRunner(place) }, 2),
  ];
  await Promise.all(workers.map((one) => one.start()));
  return workers;
}
