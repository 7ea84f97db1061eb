import fc from 'fast-check';
import { Hearing } from '../../../../services/worker-claimer/src/loops/hearing.ts';
import { SEED, type Model } from './model.ts';

const LISTEN_MS = 30_000;
const EVERY_MS = 15_000;

/**
 * It counts silence only when looks have followed each other, with no gap and no failure, for as long as it has to
 * listen.
 */
export const hearingModel: Model = {
  name: 'P10 silence means something only to who has listened',
  check: () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            afterMs: fc.constantFrom(1, EVERY_MS, LISTEN_MS, LISTEN_MS + EVERY_MS, LISTEN_MS + EVERY_MS + 1, 600_000),
            lost: fc.boolean(),
          }),
          { maxLength: 12 },
        ),
        (looks) => {
          const hearing = new Hearing({ listenMs: LISTEN_MS, everyMs: EVERY_MS });
          let now = 1_000;
          let since: number | undefined;
          let looked: number | undefined;
          for (const { afterMs, lost } of looks) {
            now += afterMs;
            if (lost) {
              hearing.lost();
              since = undefined;
              continue;
            }
            if (looked !== undefined && now - looked > EVERY_MS + LISTEN_MS) since = undefined;
            looked = now;
            since ??= now;
            const wanted = Math.max(0, LISTEN_MS - (now - since));
            const deafForMs = hearing.stillDeafForMs(now);
            if (deafForMs !== wanted) throw new Error(`deaf for ${deafForMs} ms more, not ${wanted}`);
          }
        },
      ),
      { ...SEED, numRuns: 2_000 },
    ),
};
