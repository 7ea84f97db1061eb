import fc from 'fast-check';
import { RereadLoop } from '../../../pause-core/src/replica/reread-loop.ts';
import { SEED, type Model } from './model.ts';

/**
 * In whatever order askers come and readings end: each is answered by a reading that began after it asked, and one
 * reads at a time.
 */
export const rereadModel: Model = {
  name: 'P6 who asks is answered by a reading that began after the question',
  check: () =>
    fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 5 }), async (scheduler, askers) => {
        let clock = 0;
        let reading = 0;
        const begunAt: number[] = [];
        let lastReadBeganAt = -1;
        const loop = new RereadLoop<number>({
          read: async () => {
            reading += 1;
            if (reading > 1) throw new Error('two readings at a time');
            const began = ++clock;
            begunAt.push(began);
            await scheduler.schedule(Promise.resolve(), 'reading');
            reading -= 1;
            return began;
          },
          onRead: (began) => {
            lastReadBeganAt = began;
          },
          onFailed: (error) => {
            throw error;
          },
          readGapMs: 0,
          rereadEveryMs: 3_600_000,
          retryReadAfterMs: 3_600_000,
          readTimeoutMs: 60_000,
        });
        const asks = Array.from({ length: askers }, (_, index) =>
          scheduler.schedule(Promise.resolve(), `asker ${index}`).then(async () => {
            const askedAt = ++clock;
            await loop.refresh();
            if (lastReadBeganAt < askedAt)
              throw new Error(`asked at ${askedAt}, answered by a reading that began at ${lastReadBeganAt}`);
          }),
        );
        try {
          await scheduler.waitFor(Promise.all(asks));
        } finally {
          loop.stop();
        }
        if (begunAt.length > askers + 1) throw new Error(`${begunAt.length} readings for ${askers} askers`);
      }),
      { ...SEED, numRuns: 300 },
    ),
};
