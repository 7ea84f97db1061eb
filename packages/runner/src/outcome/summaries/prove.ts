import { numberIn, type ReadSummary, type Summary } from './summary.ts';

const TOTAL = /^Files=[0-9]+, Tests=([0-9]+),/;
const RESULT = /^Result: (PASS|FAIL|NOTESTS)$/;
const FAILED = /\(Wstat: .* Failed: ([0-9]+)\)$/;

/**
 * Perl's prove: `Files=2, Tests=4, …`, `Result: FAIL`, and a line for each file with failed tests. With `-v` it prints
 * the TAP of the files above.
 */
export const prove: ReadSummary = (lines) => {
  const total = lines.findLast((line) => TOTAL.test(line));
  const result = lines.findLast((line) => RESULT.test(line));
  if (total === undefined || result === undefined) return undefined;
  const ran = numberIn(total, TOTAL) ?? 0;
  const told = lines.reduce((sum, line) => sum + (numberIn(line, FAILED) ?? 0), 0);
  // A file that ends badly, or runs fewer tests than it has planned, names no failed test.
  const failed = result.endsWith('FAIL') ? Math.max(1, told) : 0;
  return { passed: Math.max(0, ran - told), failed, skipped: 0, line: `${result}, ${total}` } satisfies Summary;
};
