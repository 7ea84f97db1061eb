/** Whose clock a time is told by: the reader's own, or UTC. */
export type Zone = 'local' | 'utc';

const HOUR_MS = 3_600_000;
const TIME = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
const DAY_AND_TIME = { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const DAY = { year: 'numeric', month: 'short', day: 'numeric' } as const;

const made = new Map<string, Intl.DateTimeFormat>();

/**
 * An instant on a clock, with the day where the time alone would mislead, and the year where the day would; and the
 * name of the zone at that instant, which in summer is another.
 *
 * @param nowMs the server's time; null: not known
 */
export function timeText(instant: string, nowMs: number | null, zone: Zone): { time: string; zone: string } {
  const at = Date.parse(instant);
  const awayMs = nowMs === null ? HOUR_MS * 24 : Math.abs(nowMs - at);
  const shape = awayMs < HOUR_MS * 12 ? TIME : awayMs < HOUR_MS * 24 * 180 ? DAY_AND_TIME : DAY;
  return { time: formatter(shape, zone).format(at), zone: zoneName(at, zone) };
}

/** A short time below a chart: of one that reaches over days the day, else the hour and minute. */
export function axisText(atMs: number, zone: Zone, isLong: boolean): string {
  return formatter(
    isLong ? { month: 'short', day: 'numeric' } : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
    zone,
  ).format(atMs);
}

/** `UTC`, `GMT+2`, `CET`: as the browser calls it. */
export function zoneName(atMs: number, zone: Zone): string {
  if (zone === 'utc') return 'UTC';
  return (
    formatter({ hour: '2-digit', timeZoneName: 'short' }, zone)
      .formatToParts(atMs)
      .find(({ type }) => type === 'timeZoneName')?.value ?? ''
  );
}

function formatter(shape: Intl.DateTimeFormatOptions, zone: Zone): Intl.DateTimeFormat {
  const key = JSON.stringify([shape, zone]);
  const known =
    made.get(key) ?? new Intl.DateTimeFormat(undefined, { ...shape, ...(zone === 'utc' ? { timeZone: 'UTC' } : {}) });
  made.set(key, known);
  return known;
}
