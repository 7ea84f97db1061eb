import { numberIn, numbersIn, sumOf, summed, type ReadSummary, type Summary } from './summary.ts';

const RUNNING = /^running ([0-9]+) tests?$/;
const RESULT = /^test result: (?:ok|FAILED)\. ([0-9]+ passed;.*)$/;
const NEXTEST = /^\s*Summary \[ *[0-9.]+s\] (?:([0-9]+)\/)?([0-9]+) tests? run: (.*)$/;
const NOT_BUILT = /^error: could not compile `/;
const CRASHED = /^ *process didn't exit successfully: `.*` \(signal: /;

/** `test result: ok. 5 passed; 0 failed; 1 ignored; …`, for each crate and kind of test; or the one line of nextest. */
export const cargo: ReadSummary = (lines) => {
  const parts: Summary[] = [];
  let announced = 0;
  for (const line of lines) {
    announced = numberIn(line, RUNNING) ?? announced;
    const result = RESULT.exec(line)?.[1];
    const [, ran, of, list] = NEXTEST.exec(line) ?? [];
    if (result !== undefined) {
      const numbers = numbersIn(result);
      parts.push({
        passed: sumOf(numbers, 'passed'),
        failed: sumOf(numbers, 'failed'),
        skipped: sumOf(numbers, 'ignored'),
        fromAllLines: true,
        line,
      });
      announced = 0;
    } else if (list !== undefined) {
      const numbers = numbersIn(list.replaceAll(/\([^)]*\)/g, ''));
      const missing = ran === undefined ? 0 : Number(of) - Number(ran);
      parts.push({
        passed: sumOf(numbers, 'passed'),
        failed: sumOf(numbers, 'failed', 'timed out', 'exec failed'),
        skipped: sumOf(numbers, 'skipped'),
        missing,
        line: line.trim(),
      });
    } else if (NOT_BUILT.test(line) || CRASHED.test(line)) {
      parts.push({ passed: 0, failed: 1, skipped: 0, partial: true, line: line.trim() });
    }
  }
  // One that began and has no result crashed, or was ended.
  if (announced > 0)
    parts.push({
      passed: 0,
      failed: 0,
      skipped: 0,
      missing: announced,
      fromAllLines: true,
      line: `running ${announced} tests, and no result`,
    });
  return summed(parts);
};
