import { numberIn, summed, type ReadSummary, type Summary } from './summary.ts';

const RAN = /^Ran ([0-9]+) tests? in [0-9.]+s$/;
const VERDICT = /^(OK|PASSED|FAILED|NO TESTS RAN)(?: \((.*)\))?$/;

/**
 * Python's unittest, and what is made of it (Django, trial): `Ran 3 tests in 0.001s`, and below it `OK (skipped=1)` or
 * `FAILED (failures=1, errors=2)`. An error of a class or of a file is no test that ran, and a subtest that fails is a
 * failure of its own, so there may be more of them than tests.
 */
export const unittest: ReadSummary = (lines) => {
  const parts: Summary[] = [];
  for (const [at, line] of lines.entries()) {
    const ran = numberIn(line, RAN);
    if (ran === undefined) continue;
    const verdict = lines.slice(at + 1, at + 6).find((one) => VERDICT.test(one));
    const [, word, list = ''] = VERDICT.exec(verdict ?? '') ?? [];
    const of = (name: string) => Number(new RegExp(`(?:^|, )${name}=([0-9]+)`).exec(list)?.[1] ?? 0);
    const told = of('failures') + of('errors') + of('unexpected successes');
    const failed = word === 'FAILED' ? Math.max(1, told) : told;
    const skipped = of('skipped') + of('expected failures') + of('todos');
    const passed = ran - failed - skipped;
    parts.push({
      passed: Math.max(0, passed),
      failed,
      skipped,
      partial: verdict === undefined || (passed < 0 && ran > 0 && failed === 0),
      line: [line, verdict ?? ''].join(' ').trim(),
    });
  }
  return summed(parts);
};
