import { numbersIn, sumOf, summed, type ReadSummary, type Summary } from './summary.ts';

const SUMMARY =
  /^(?:=+ )?(no tests (?:ran|collected)\b.*|[0-9]+ [a-z]+(?: [a-z]+)?(?:, [0-9]+ [a-z]+(?: [a-z]+)?)*) in [0-9.]+s(?: \([0-9:]+\))?(?: =+)?$/;
const FAILED = ['failed', 'error', 'errors', 'subtests failed'];
const PASSED = ['passed', 'xpassed'];
const SKIPPED = ['skipped', 'xfailed'];
// Words that other tools do not have, so a line with none of these is somebody else's.
const NO_TEST = [
  'deselected',
  'warning',
  'warnings',
  'rerun',
  'subtests passed',
  'subtests skipped',
  'tests collected',
  'test collected',
];
const NO_CONFTEST = /^ImportError while loading conftest '/;
const BROKEN_OFF = /^!+ .*\b(?:KeyboardInterrupt|Interrupted|Exit|SystemExit)\b.* !+$/;

/**
 * `==== 1 failed, 3 passed, 2 skipped, 1 error, 4 subtests passed in 0.12s ====`, without the `=` where `-q` was given.
 *   An error is a file that could not be loaded, or a fixture that failed. Subtests that passed are parts of a test,
 *   and are not counted; those that failed are counted by pytest itself.
 */
export const pytest: ReadSummary = (lines) => {
  const parts: Summary[] = [];
  let brokenOff = 0;
  for (const line of lines) {
    if (BROKEN_OFF.test(line)) brokenOff = 1;
    if (NO_CONFTEST.test(line)) parts.push({ passed: 0, failed: 1, skipped: 0, partial: true, line });
    const list = SUMMARY.exec(line)?.[1];
    if (list === undefined) continue;
    const numbers = numbersIn(list);
    const known = [...FAILED, ...PASSED, ...SKIPPED, ...NO_TEST];
    if (!list.startsWith('no tests') && !Object.keys(numbers).some((word) => known.includes(word))) continue;
    const failed = sumOf(numbers, ...FAILED);
    parts.push({
      passed: sumOf(numbers, ...PASSED),
      failed,
      skipped: sumOf(numbers, ...SKIPPED),
      missing: failed === 0 ? brokenOff : 0,
      line,
    });
    brokenOff = 0;
  }
  return summed(parts);
};
