import { Flags } from '@oclif/core';
import { wrongUsage } from '../failure.ts';

// Units that mean one thing only: no months, and nothing below a second.
const UNIT = '(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|y|years?)';
const AS_PEOPLE_SAY = new RegExp(`^(?:\\d+(?:\\.\\d+)?\\s*${UNIT}\\s*)+$`, 'i');
const BARE_NUMBER = /^\d+(\.\d+)?$/;

/** Ten years, as in the contract. Kept here as a number: parsing a flag must not load the contract. */
export const DURATION_MAX_SECONDS = 10 * 366 * 24 * 3_600;

/**
 * `30m`, `1h30m`, `2 days` in whole seconds, from one second to ten years. A bare number is refused: an operator who
 * types `90` must not get a pause that is over before it began.
 *
 * @throws CommandFailure `wrong_usage`
 */
export async function parseDuration(text: string): Promise<number> {
  const given = text.trim();
  if (BARE_NUMBER.test(given)) throw wrongUsage(`"${given}" has no unit: say ${given}s or ${given}m`);
  if (!AS_PEOPLE_SAY.test(given))
    throw wrongUsage(`"${text}" is not a duration: say for example 90s, 30m, 1h30m or 2d`);
  const { default: parse } = await import('parse-duration');
  const seconds = parse(given, 's') ?? 0;
  if (seconds > DURATION_MAX_SECONDS) throw wrongUsage(`"${given}" is longer than ten years`);
  if (!Number.isInteger(seconds) || seconds < 1)
    throw wrongUsage(`"${given}" is not a whole number of seconds, at least one`);
  return seconds;
}

/** A flag that takes a duration as people say it and gives seconds. */
export const durationFlag = Flags.custom<number>({ helpValue: '30m', parse: (text) => parseDuration(text) });
