import { parseJson } from '@orchestra/exact-json';
import { customType } from 'drizzle-orm/pg-core';
import pg from 'pg';

// A row may be typed by hand, or have been there before its table had rules. Whatever PostgreSQL can hold is read here without an error
// and without changing what it says: one odd row must not take a whole list with it.

const { TIMESTAMPTZ, JSON: JSON_TYPE, JSONB } = pg.types.builtins;
const parseByPg = pg.types.getTypeParser(TIMESTAMPTZ);

/** The first and the last instant that RFC 3339 can say. */
export const FIRST_INSTANT = new Date('0001-01-01T00:00:00.000Z');
export const LAST_INSTANT = new Date('9999-12-31T23:59:59.999Z');

/** An instant as the server prints it, by itself or inside of JSON. One outside the years 1 to 9999 (`infinity`, BC) is told as the nearest one inside. */
export function readInstant(text: string): Date {
  const read: unknown = text.includes('T') ? Date.parse(text) : parseByPg(text);
  const time = read instanceof Date ? read.getTime() : typeof read === 'number' ? read : NaN;
  if (Number.isNaN(time)) return text.startsWith('-') || text.endsWith('BC') ? new Date(FIRST_INSTANT) : new Date(LAST_INSTANT);
  return insideOfTime(time);
}

/** The instant of these epoch milliseconds, or the nearest one between the years 1 and 9999. */
export function insideOfTime(epochMs: number): Date {
  return new Date(Math.min(Math.max(epochMs, FIRST_INSTANT.getTime()), LAST_INSTANT.getTime()));
}

/** What is nested deeper than this cannot be written as JSON again: JSON.stringify runs out of stack at some thousand levels. The API takes 64. */
const DEPTH_MAX = 500;

/** A value of type json or jsonb as the server prints it, its numbers exact. */
export function readJson(text: string): unknown {
  if (isNestedTooDeep(text)) return `(nested deeper than ${DEPTH_MAX} levels, which cannot be told; it begins with ${text.slice(0, 100)})`;
  return parseJson(text);
}

/** Is this text of JSON nested deeper than {@link readJson} reads? */
export function isNestedTooDeep(text: string): boolean {
  // Nearly no text has so many of both; to count them is several times quicker than to look at each character.
  return text.length > DEPTH_MAX && countUpTo(text, '{', DEPTH_MAX) + countUpTo(text, '[', DEPTH_MAX) > DEPTH_MAX && isNestedDeeper(text, DEPTH_MAX);
}

function countUpTo(text: string, character: string, max: number): number {
  let count = 0;
  for (let at = text.indexOf(character); at !== -1 && count <= max; at = text.indexOf(character, at + 1)) count++;
  return count;
}

function isNestedDeeper(text: string, max: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      at++;
      while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    } else if (character === '[' || character === '{') {
      depth += 1;
      if (depth > max) return true;
    } else if (character === ']' || character === '}') depth -= 1;
  }
  return false;
}

// For every connection of the process, because drizzle asks pg itself and no pool.
pg.types.setTypeParser(TIMESTAMPTZ, readInstant);
pg.types.setTypeParser(JSONB, readJson);
pg.types.setTypeParser(JSON_TYPE, readJson);

/** drizzle's own column would parse a text that stands in jsonb once more: the text "12" would become a number. */
export const jsonbColumn = customType<{ data: unknown; driverData: unknown }>({
  dataType: () => 'jsonb', toDriver: (value) => JSON.stringify(value), fromDriver: (value) => value,
});

/** drizzle asks for instants as text. */
export const instantColumn = customType<{ data: Date; driverData: string }>({
  dataType: () => 'timestamp with time zone', toDriver: (value) => value.toISOString(), fromDriver: readInstant,
});
