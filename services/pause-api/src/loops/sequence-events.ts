import { startLoop, type Logger, type Loop } from '@orchestra/service-shell';
import type { EventFeed } from '../event-feed.ts';

// For bells that were lost about alerts; what they are about a pause, the replica finds out by the clock, and it wakes
// this.
const TICK_MS = 30_000;
const RETRY_MS = 5_000;
// Alerts may come in floods, each with its bell; so they are told by the handful.
const GAP_MS = 20;

/**
 * Gives events their place in the stream and reads what is new: at each bell, when the replica sees a change, and by
 * the clock for bells that were lost.
 */
export function startSequencer({ feed, log }: { feed: EventFeed; log: Logger }): Loop {
  return startLoop({
    name: 'the event sequencer',
    everyMs: TICK_MS,
    retryMs: RETRY_MS,
    gapMs: GAP_MS,
    log,
    round: () => feed.advance(),
  });
}
