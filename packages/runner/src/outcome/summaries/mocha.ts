import { numberIn, summed, type ReadSummary, type Summary } from './summary.ts';

const PASSING = /^ *([0-9]+) passing \([0-9.]+(?:ms|s|m|h|d)\)$/;
const PENDING = /^ *([0-9]+) pending$/;
const FAILING = /^ *([0-9]+) failing$/;

/** `  5 passing (10ms)`, and perhaps `  1 pending`, `  2 failing`; for each file where Cypress runs it. */
export const mocha: ReadSummary = (lines) => {
  const parts: Summary[] = [];
  for (const [at, line] of lines.entries()) {
    const passed = numberIn(line, PASSING);
    if (passed === undefined) continue;
    const block = lines.slice(at + 1, at + 3);
    const of = (pattern: RegExp) => block.reduce((sum, one) => sum + (numberIn(one, pattern) ?? 0), 0);
    parts.push({
      passed,
      failed: of(FAILING),
      skipped: of(PENDING),
      line: [line, ...block.filter((one) => FAILING.test(one))].map((one) => one.trim()).join(', '),
    });
  }
  return summed(parts);
};
