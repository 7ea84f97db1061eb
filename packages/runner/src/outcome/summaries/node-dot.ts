import type { ReadSummary } from './summary.ts';

/** node:test's reporter `dot` counts nothing. Below `Failed tests:` it names those that failed. */
export const nodeDot: ReadSummary = (lines) => {
  const at = lines.indexOf('Failed tests:');
  if (at < 0) return undefined;
  const failed = lines.slice(at).filter((line) => /^✖ .* \([0-9.]+ms\)$/.test(line)).length;
  return failed === 0
    ? undefined
    : { passed: 0, failed, skipped: 0, partial: true, fromAllLines: true, line: 'Failed tests:' };
};
