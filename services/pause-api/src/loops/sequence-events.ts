import { startLoop, type Logger, type Loop } from '@orchestra/service-shell';
import type { EventFeed } from '../event-feed.ts';

// For bells that were lost.
const TICK_MS = 10_000;
// Alerts may come in floods, each with its bell; so they are told by the handful.
const GAP_MS = 20;

/** Gives events their place in the stream and reads what is new: at each bell, and by the clock for bells that were lost. */
export function startSequencer({ feed, log }: { feed: EventFeed; log: Logger }): Loop {
  return startLoop({ name: 'the event sequencer', everyMs: TICK_MS, gapMs: GAP_MS, log, round: () => feed.advance() });
}
