const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const DAY_AND_TIME = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const DAY = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric' });
const HOUR_MS = 3_600_000;

/** An instant on the reader's wall clock, with the day where the time alone would mislead, and the year where the day would. */
export function localTime(instant: string, serverMs: number | null): string {
  const at = Date.parse(instant);
  const awayMs = serverMs === null ? HOUR_MS * 24 : Math.abs(serverMs - at);
  if (awayMs < HOUR_MS * 12) return TIME.format(at);
  return (awayMs < HOUR_MS * 24 * 180 ? DAY_AND_TIME : DAY).format(at);
}
