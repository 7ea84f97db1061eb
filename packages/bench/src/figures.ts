/** The middle one; of an even number the mean of the two in the middle. @throws RangeError without any */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/**
 * The value below which `percent` of the values lie, between neighbours in proportion. @throws RangeError without any
 */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) throw new RangeError('nothing was measured');
  const sorted = values.toSorted((a, b) => a - b);
  const at = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(at)] ?? NaN;
  const above = sorted[Math.ceil(at)] ?? NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/**
 * Each round's own ratio: only figures that were measured side by side are compared. @throws RangeError for lists of
 * different length
 */
export function ratios(measured: readonly number[], over: readonly number[]): number[] {
  if (measured.length !== over.length)
    throw new RangeError(`${measured.length} rounds cannot be compared with ${over.length}`);
  return measured.map((value, round) => value / (over[round] ?? NaN));
}

/** For people: three digits that count, and commas in large numbers. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  const digits = Number.isInteger(value) || size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 4;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
