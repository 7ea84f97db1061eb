const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const DAY_AND_TIME = new Intl.DateTimeFormat(undefined, {
  year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
});
const DAY_MS = 86_400_000;

/** An instant on the reader's wall clock, with the date where the time alone would mislead. */
export function localTime(instant: string, serverMs: number | null): string {
  const at = Date.parse(instant);
  const near = serverMs !== null && Math.abs(serverMs - at) < DAY_MS / 2;
  return (near ? TIME : DAY_AND_TIME).format(at);
}
