import { Flags } from '@oclif/core';
import { wrongUsage } from '../failure.ts';

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  sec: 1,
  second: 1,
  m: 60,
  min: 60,
  minute: 60,
  h: 3_600,
  hour: 3_600,
};

/**
 * `5/min` as the seconds from one task to the next.
 *
 * @throws CommandFailure `wrong_usage`
 */
export function parseRate(text: string): number {
  const [, count = '', unit = ''] = /^\s*(\d{1,6}(?:\.\d{1,3})?)\s*(?:\/|per\s+)\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const seconds = Object.hasOwn(UNIT_SECONDS, unit.toLowerCase()) ? UNIT_SECONDS[unit.toLowerCase()] : undefined;
  if (seconds === undefined || Number(count) === 0)
    throw wrongUsage(`"${text}" is not a rate: say for example 5/min, 2/s or 30/hour`);
  const gap = seconds / Number(count);
  if (gap < 0.1 || gap > 86_400)
    throw wrongUsage(
      `"${text}" is ${gap < 0.1 ? 'faster than 10/s, and tasks are let go one after the other' : 'slower than one a day'}`,
    );
  return gap;
}

/** A flag that takes a rate and gives the seconds between two tasks. */
export const rateFlag = Flags.custom<number>({ helpValue: '5/min', parse: (text) => Promise.resolve(parseRate(text)) });
