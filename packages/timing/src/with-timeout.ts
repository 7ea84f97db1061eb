import { sleep } from './sleep.ts';

/**
 * What `work` answers, or what `late` answers (or throws) when `work` takes longer than `limitMs`. The work itself goes
 * on; its late failure is dropped.
 */
export async function withTimeout<T, L>(work: Promise<T>, limitMs: number, late: () => L): Promise<T | L> {
  const over = new AbortController();
  const limit = sleep(limitMs, over.signal).then(async (isLate): Promise<T | L> => (isLate ? late() : await work));
  try {
    return await Promise.race<Promise<T | L>[]>([work, limit]);
  } finally {
    over.abort();
  }
}
