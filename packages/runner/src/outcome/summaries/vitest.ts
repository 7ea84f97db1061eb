import { numberIn, numbersIn, sumOf, type ReadSummary } from './summary.ts';

const FILES = /^\s*Test Files {2}(.+)$/;
const TESTS = /^\s*Tests {2}(no tests|[0-9].*)$/;
const ERRORS = /^\s*(?:Type )?Errors {2}([0-9]+) errors?$/;
const UNLOADED = /^[⎯─\s]*Failed Suites ([0-9]+)[⎯─\s]*$/;
const NONE = /^No test files found, exiting with code [01]$/;

/**
 * ` Tests 1 failed | 12 passed | 2 skipped (15)`, above it ` Test Files …`, and below it ` Errors 1 error`. A file that
 *   could not be loaded is counted among the files alone.
 */
export const vitest: ReadSummary = (lines) => {
  const found = lines.filter((line) => FILES.test(line) || TESTS.test(line) || ERRORS.test(line));
  if (!found.some((line) => FILES.test(line) || TESTS.test(line))) {
    const none = lines.find((line) => NONE.test(line));
    return none === undefined ? undefined : { passed: 0, failed: 0, skipped: 0, line: none };
  }
  let [passed, failed, skipped, files, errors, partial] = [0, 0, 0, 0, 0, false];
  for (const line of found) {
    errors += numberIn(line, ERRORS) ?? 0;
    files += sumOf(numbersIn(FILES.exec(line)?.[1] ?? ''), 'failed');
    const tests = TESTS.exec(line)?.[1];
    if (tests === undefined) continue;
    const numbers = numbersIn(tests);
    const told = numberIn(tests, /\(([0-9]+)\)$/);
    if (told !== undefined && told !== Object.values(numbers).reduce((sum, number) => sum + number, 0)) partial = true;
    passed += sumOf(numbers, 'passed', 'expected fail');
    failed += sumOf(numbers, 'failed');
    skipped += sumOf(numbers, 'skipped', 'todo');
  }
  const suites = lines.reduce((sum, line) => sum + (numberIn(line, UNLOADED) ?? 0), 0);
  failed += suites;
  if (failed === 0) failed = files;
  const line =
    found.find((one) => TESTS.test(one) && / failed/.test(one)) ??
    found.find((one) => / failed/.test(one)) ??
    found.find((one) => ERRORS.test(one)) ??
    found.findLast((one) => TESTS.test(one)) ??
    '';
  return { passed, failed: failed + errors, skipped, partial: partial || !found.some((one) => TESTS.test(one)), line };
};
