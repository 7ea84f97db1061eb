const UNIT_SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
const LONGEST_SECONDS = 10 * 366 * 86_400;

/**
 * A duration as people write it (`90s`, `30m`, `1h 30m`, `2d`) in seconds; null for what is none, or longer than ten
 * years.
 */
export function parseDuration(text: string): number | null {
  const given = text.trim().toLowerCase();
  if (!/^(\d{1,9}\s*[smhd]\s*)+$/.test(given)) return null;
  let seconds = 0;
  for (const [, count, unit] of given.matchAll(/(\d+)\s*([smhd])/g))
    seconds += Number(count) * UNIT_SECONDS[unit as keyof typeof UNIT_SECONDS];
  return seconds >= 1 && seconds <= LONGEST_SECONDS ? seconds : null;
}
