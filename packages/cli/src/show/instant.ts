import { sayDuration } from './duration.ts';

/** `03:00:12Z` today, `2026-11-20 03:00:12Z` on any other day: always UTC, as in the logs and in the database. */
export function sayInstant(instant: string, now: Date = new Date()): string {
  const iso = new Date(instant).toISOString();
  const time = `${iso.slice(11, 19)}Z`;
  return iso.slice(0, 10) === now.toISOString().slice(0, 10) ? time : `${iso.slice(0, 10)} ${time}`;
}

/** `4m ago (03:00:12Z)`. */
export function sayAgo(instant: string, now: Date = new Date()): string {
  return `${sayDuration((now.getTime() - Date.parse(instant)) / 1_000)} ago (${sayInstant(instant, now)})`;
}
