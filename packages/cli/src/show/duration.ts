const UNITS = [
  ['days', 86_400],
  ['hours', 3_600],
  ['minutes', 60],
  ['seconds', 1],
] as const;

// Made when it is first asked for: that takes a millisecond, and most commands say no duration.
let narrow: Intl.DurationFormat | undefined;

/**
 * Seconds as people say them: `45s`, `1h 30m`, `3d 4h`.
 *
 * @param unitsMax how exact: so many units, beginning with the largest that there is
 */
export function sayDuration(seconds: number, unitsMax = 2): string {
  let left = Math.max(0, Math.round(seconds));
  const first = UNITS.findIndex(([, size]) => left >= size);
  if (first === -1) return '0s';
  const parts: Partial<Record<(typeof UNITS)[number][0], number>> = {};
  for (const [unit, size] of UNITS.slice(first, first + unitsMax)) {
    const whole = Math.floor(left / size);
    left -= whole * size;
    if (whole > 0) parts[unit] = whole;
  }
  narrow ??= new Intl.DurationFormat('en', { style: 'narrow' });
  return narrow.format(parts);
}
