import { Flags } from '@oclif/core';
import { wrongUsage } from '../failure.ts';
import { parseDuration } from './duration.ts';

// With an offset, as the API wants it: a local time without one means another instant on another machine.
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/i;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * `2h` (so long ago), `2026-11-21` (its beginning, UTC) or an instant with its offset, as an instant in UTC.
 *
 * @throws CommandFailure `wrong_usage`
 */
export async function parseInstant(text: string, now: () => number = Date.now): Promise<string> {
  const given = text.trim();
  if (DAY.test(given) || RFC_3339.test(given)) {
    const at = Date.parse(DAY.test(given) ? `${given}T00:00:00Z` : given);
    if (Number.isNaN(at)) throw wrongUsage(`"${given}" is no day that there is`);
    return new Date(at).toISOString();
  }
  if (/^\d{4}-\d{2}-\d{2}[T ]/.test(given))
    throw wrongUsage(`"${given}" is not an instant: say for example 2026-11-21T03:00:00Z, with its offset`);
  return new Date(now() - (await parseDuration(given)) * 1_000).toISOString();
}

/** A flag that takes an instant as people say it. */
export const instantFlag = Flags.custom<string>({ helpValue: '2h', parse: (text) => parseInstant(text) });
