import { makePool } from '@orchestra/database';
import { sleep } from '@orchestra/timing';
import { keepLanes } from '@orchestra/worker-claimer/keep-lanes';
import { startService } from './service-process.ts';

// As often as worker-claimer does while tasks are claimed through it.
const KEEP_LANES_EVERY_MS = 250;

/**
 * Lets everything happen beside the claims that happens in production: a real worker-claimer, which reaps, defers and
 * hears the bells, and the rounds by which it keeps the lanes in order. Those it makes only while tasks are claimed
 * through it; here the claims come by another door, so the same rounds are made from here.
 */
export async function withUpkeep<T>(databaseUrl: string, work: () => Promise<T>): Promise<T> {
  const claimer = await startService('worker-claimer', databaseUrl);
  const db = makePool({ connectionString: databaseUrl, applicationName: 'bench upkeep', max: 1 });
  const ended = new AbortController();
  const keeping = keep(keepLanes(db), ended.signal);
  // Told where it is awaited, below; until then it must not count as unhandled.
  keeping.catch(() => {});
  try {
    return await work();
  } finally {
    ended.abort();
    try {
      await keeping;
    } finally {
      await db.end();
      await claimer.stop();
    }
  }
}

async function keep(round: () => Promise<unknown>, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    await round();
    await sleep(KEEP_LANES_EVERY_MS, ended); // ended: seen at the top
  }
}
