import fc from 'fast-check';
import { retryDelaySeconds } from '../../../task-queue/src/pipelines/retry-delay.ts';
import { SEED, type Model } from './model.ts';

/** One second, then twice as long each time, and never more than five minutes. */
export const retryModel: Model = {
  name: 'how long a failed task waits',
  check: () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (attempt) => {
        let wanted = 1;
        for (let n = 1; n < attempt && wanted < 300; n++) wanted = Math.min(300, wanted * 2);
        if (retryDelaySeconds(attempt) !== wanted)
          throw new Error(`${retryDelaySeconds(attempt)} s after attempt ${attempt}, not ${wanted}`);
      }),
      { ...SEED, numRuns: 1_000 },
    ),
};
