import { covers, PauseIndex, type ActivePause, type TaskLabels } from '@orchestra/pause-core';
import fc from 'fast-check';
import { labels, pauses } from './arbitrary-pauses.ts';
import { SEED, type Model } from './model.ts';

const ORDER = ['fleet', 'actor', 'agent', 'skill', 'quest'];

/** Every pause looked at, the strongest kind first, then the one that ends last, then the older one. */
function named(all: readonly ActivePause[], work: TaskLabels, sinceReadMs: number): string | undefined {
  const left = (pause: ActivePause): number => pause.remainingMs ?? Infinity;
  let best: ActivePause | undefined;
  for (const pause of all) {
    if (!covers(pause.scope, work) || left(pause) <= sinceReadMs) continue;
    const stronger =
      best === undefined ||
      ORDER.indexOf(pause.scope.kind) < ORDER.indexOf(best.scope.kind) ||
      (pause.scope.kind === best.scope.kind && left(pause) > left(best));
    if (stronger) best = pause;
  }
  return best?.id;
}

export const pauseModel: Model = {
  name: 'P7 which of several pauses is named, at any moment',
  check: () =>
    fc.assert(
      fc.property(pauses, labels, fc.integer({ min: 0, max: 6_000 }), (all, work, laterMs) => {
        const index = new PauseIndex(all, 1_000);
        const found = index.find(work, 1_000 + laterMs);
        if (found?.pause.id !== named(all, work, laterMs))
          throw new Error(`named ${found?.pause.id}, not ${named(all, work, laterMs)}`);
      }),
      { ...SEED, numRuns: 4_000 },
    ),
};

export const pauseTimeModel: Model = {
  name: 'P8 no wall clock ends a pause or prolongs it',
  check: () =>
    fc.assert(
      fc.property(
        pauses,
        labels,
        fc.integer({ min: -10_000_000, max: 10_000_000 }),
        fc.integer({ min: 0, max: 6_000 }),
        (all, work, shiftMs, laterMs) => {
          const trueNow = Date.now;
          Date.now = () => shiftMs;
          try {
            const index = new PauseIndex(all, 1_000);
            const left = new Map(index.active(1_000 + laterMs).map((pause) => [pause.id, pause.remainingMs]));
            for (const { id, remainingMs } of all) {
              const wanted = remainingMs === null ? null : remainingMs - laterMs;
              if (wanted === null || wanted > 0 ? left.get(id) !== wanted : left.has(id))
                throw new Error(`pause ${id} has ${left.get(id)} ms left, not ${wanted}`);
            }
            if (index.find(work, 1_000 + laterMs)?.pause.id !== named(all, work, laterMs))
              throw new Error('another pause is named');
          } finally {
            Date.now = trueNow;
          }
        },
      ),
      { ...SEED, numRuns: 2_000 },
    ),
};
