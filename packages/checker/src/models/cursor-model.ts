import fc from 'fast-check';
import { CursorKeeper } from '../../../worker/src/cursor-keeper.ts';
import { SEED, type Model } from './model.ts';

type Step = { saves: number | null; done: boolean };

/**
 * After any number of runs, each cut short somewhere: no item is skipped, and none is done again that an earlier run
 * finished.
 */
export const cursorModel: Model = {
  name: 'P11 a loop that is cut short goes on where it was',
  check: () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.array(fc.record({ saves: fc.option(fc.integer({ min: 0, max: 99 })), done: fc.boolean() }), {
            maxLength: 6,
          }),
          { minLength: 1, maxLength: 5 },
        ),
        (runs: Step[][]) => {
          let cursor: unknown = null;
          let finished = 0;
          let kept: number | undefined;
          for (const steps of runs) {
            const keeper = new CursorKeeper(cursor);
            const skips = keeper.beginLoop();
            if (skips !== finished) throw new Error(`the next run skips ${skips} items, and ${finished} are done`);
            for (const { saves, done } of steps) {
              keeper.beginIteration();
              if (saves !== null) keeper.save({ saved: saves });
              keeper.endIteration({ done });
              if (!done) break; // a stop: this run does nothing more
              finished += 1;
              kept = saves ?? kept;
            }
            cursor = structuredClone(keeper.current);
            const wanted = JSON.stringify(kept === undefined ? { index: finished } : { saved: kept, index: finished });
            if (JSON.stringify(cursor) !== wanted) throw new Error(`it kept ${JSON.stringify(cursor)}, not ${wanted}`);
          }
        },
      ),
      { ...SEED, numRuns: 2_000 },
    ),
};
