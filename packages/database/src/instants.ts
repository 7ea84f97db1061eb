import pg from 'pg';

// A row may be typed by hand, or have been there before its table had rules. Whatever PostgreSQL can hold is read here
// without an error and without changing what it says: one odd row must not take a whole list with it.

const parseByPg = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ);

/** The first and the last instant that RFC 3339 can say. */
export const FIRST_INSTANT = new Date('0001-01-01T00:00:00.000Z');
export const LAST_INSTANT = new Date('9999-12-31T23:59:59.999Z');

/**
 * An instant as the server prints it, by itself or inside of JSON. One outside the years 1 to 9999 (`infinity`, BC) is
 * told as the nearest one inside.
 */
export function readInstant(text: string): Date {
  const read: unknown = text.includes('T') ? Date.parse(text) : parseByPg(text);
  const time = read instanceof Date ? read.getTime() : typeof read === 'number' ? read : NaN;
  if (Number.isNaN(time))
    return text.startsWith('-') || text.endsWith('BC') ? new Date(FIRST_INSTANT) : new Date(LAST_INSTANT);
  return insideOfTime(time);
}

/** The same in UTC, as answers have it: PostgreSQL writes times into JSON with the session's offset. */
export function inUtc(text: string): string;
export function inUtc(text: string | null): string | null;
export function inUtc(text: string | null): string | null {
  return text === null ? null : readInstant(text).toISOString();
}

/** The instant of these epoch milliseconds, or the nearest one between the years 1 and 9999. */
export function insideOfTime(epochMs: number): Date {
  return new Date(Math.min(Math.max(epochMs, FIRST_INSTANT.getTime()), LAST_INSTANT.getTime()));
}
