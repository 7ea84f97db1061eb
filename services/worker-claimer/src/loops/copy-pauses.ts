import type { Database } from '@orchestra/database';
import { copyPauses, listOtherPlaces, OtherDatabaseError, type OtherPlace } from '@orchestra/pause-core';
import { startLoop, type Logger, type Loop } from '@orchestra/service-shell';

// A bell that was lost costs no more than this, as it costs a replica.
const EVERY_MS = 4_500;
// A database that is back has the pauses within about a second.
const RETRY_MS = 1_000;
const GAP_MS = 50;

export interface PauseCopies extends Loop {
  /** How many databases of attached queues cannot be reached just now. */
  failing: () => number;
}

/**
 * Keeps the copies of the pauses in the databases of attached queues current, each by a loop of its own: one that does
 * not answer keeps no other waiting.
 */
export function startPauseCopies({ db, log }: { db: Database; log: Logger }): PauseCopies {
  const copying = new Map<string, { loop: Loop; failed: boolean }>();

  function begin(place: OtherPlace): void {
    const one = {
      failed: false,
      loop: startLoop({
        name: `copying the pauses for ${place.name}`,
        everyMs: EVERY_MS,
        retryMs: RETRY_MS,
        gapMs: GAP_MS,
        log,
        round: async () => {
          try {
            await copyPauses(db, place);
            one.failed = false;
          } catch (error) {
            // Home's own failure says nothing of that database.
            one.failed = one.failed || error instanceof OtherDatabaseError;
            throw error;
          }
        },
      }),
    };
    copying.set(idOf(place), one);
  }

  const looking = startLoop({
    name: 'looking for attached queues in other databases',
    everyMs: EVERY_MS,
    gapMs: GAP_MS,
    log,
    round: async () => {
      const places = new Map((await listOtherPlaces(db)).map((place) => [idOf(place), place]));
      for (const [id, { loop }] of copying) {
        if (places.has(id)) continue;
        copying.delete(id);
        await loop.stop();
      }
      for (const [id, place] of places) if (!copying.has(id)) begin(place);
    },
  });

  return {
    wake: () => {
      looking.wake();
      for (const { loop } of copying.values()) loop.wake();
    },
    stop: async () => {
      await looking.stop();
      await Promise.all([...copying.values()].map(({ loop }) => loop.stop()));
    },
    failing: () => [...copying.values()].filter(({ failed }) => failed).length,
  };
}

/** Attached again under the same name it is another one. */
function idOf({ key, url }: OtherPlace): string {
  return `${key} ${url}`;
}
