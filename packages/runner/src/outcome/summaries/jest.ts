import { numberIn, numbersIn, sumOf, summed, type ReadSummary, type Summary } from './summary.ts';

const SUITES = /^Test Suites: +(.*[0-9]+ total)$/;
const TESTS = /^Tests: +(.*[0-9]+ total)$/;
const PART_OF = /[0-9]+ of ([0-9]+) total$/;
const TOTAL = /([0-9]+) total$/;
const NONE = /^No tests found, exiting with code [01]$/;
const UNLOADED = /^\s*● .*Test suite failed to run$/;

interface Block {
  suites: string;
  tests: string;
}

/**
 * `Tests: 1 failed, 2 skipped, 5 passed, 8 total`, and above it `Test Suites: …`. A suite that could not be loaded is
 *   counted among the suites alone.
 */
export const jest: ReadSummary = (lines) => {
  const blocks = blocksIn(lines).filter(({ suites }, at, all) => !overtaken(suites, all[at + 1]?.suites));
  if (blocks.length === 0) {
    const none = lines.find((line) => NONE.test(line));
    return none === undefined ? undefined : { passed: 0, failed: 0, skipped: 0, line: none };
  }
  let unloaded = lines.filter((line) => UNLOADED.test(line)).length;
  return summed(
    blocks.map(({ suites, tests }): Summary => {
      const numbers = numbersIn(tests.replace(TOTAL, ''));
      const [passed, failed, skipped] = [
        sumOf(numbers, 'passed'),
        sumOf(numbers, 'failed'),
        sumOf(numbers, 'skipped', 'todo'),
      ];
      const suitesFailed = sumOf(numbersIn(suites), 'failed');
      const notLoaded = Math.min(unloaded, suitesFailed);
      unloaded -= notLoaded;
      return {
        passed,
        failed: failed + notLoaded === 0 ? suitesFailed : failed + notLoaded,
        skipped,
        partial: numberIn(tests, TOTAL) !== passed + failed + skipped,
        line: failed === 0 && suitesFailed > 0 ? suites : tests,
      };
    }),
  );
};

function blocksIn(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  let suites = '';
  for (const line of lines) {
    if (SUITES.test(line)) suites = line;
    if (!TESTS.test(line)) continue;
    blocks.push({ suites, tests: line });
    suites = '';
  }
  return blocks;
}

/** On a terminal jest shows the same block again and again while it runs, as `1 of 3 total`. */
function overtaken(suites: string, next: string | undefined): boolean {
  const of = numberIn(suites, PART_OF);
  return of !== undefined && next !== undefined && of === (numberIn(next, PART_OF) ?? numberIn(next, TOTAL));
}
