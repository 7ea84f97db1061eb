import type { ActivePauseView } from '@orchestra/pause-core/contract';

/**
 * What time it is for the database, kept on this machine's monotonic clock: pauses are judged by the database's time,
 * and the clock of whoever looks at the page may be wrong by hours.
 */
export interface ServerClock {
  /** Server time less monotonic time, in ms; null: nothing heard yet. */
  readonly offsetMs: number | null;
  /** A `Date` header has whole seconds and is the service's clock: it only serves until the database's is known. */
  readonly from: 'database' | 'date-header' | null;
}

export const UNSET_CLOCK: ServerClock = { offsetMs: null, from: null };

/** @param heardAtMs monotonic time when the answer came */
export function setByDateHeader(clock: ServerClock, header: string | null, heardAtMs: number): ServerClock {
  const serverMs = header === null ? Number.NaN : Date.parse(header);
  if (clock.from === 'database' || Number.isNaN(serverMs)) return clock;
  // The header cuts the second off; half of one is the better guess.
  return { offsetMs: serverMs + 500 - heardAtMs, from: 'date-header' };
}

/** Any active pause tells the database's time when it was read: the beginning plus the age. */
export function setByPauses(clock: ServerClock, pauses: readonly ActivePauseView[], heardAtMs: number): ServerClock {
  const [pause] = pauses;
  if (pause === undefined) return clock;
  return { offsetMs: Date.parse(pause.paused_at) + pause.age_seconds * 1_000 - heardAtMs, from: 'database' };
}

/** The server's time in ms since 1970; null: not known yet. */
export function serverTimeMs(clock: ServerClock, monotonicMs: number): number | null {
  return clock.offsetMs === null ? null : clock.offsetMs + monotonicMs;
}

/** @param instant the database's time when it was asked */
export function setByDatabase(instant: string, heardAtMs: number): ServerClock {
  return { offsetMs: Date.parse(instant) - heardAtMs, from: 'database' };
}
