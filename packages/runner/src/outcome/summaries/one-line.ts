import { summed, type ReadSummary, type Summary } from './summary.ts';

interface OneLine {
  /** Its groups: `total`, `passed`, `failed`, `errors` (failures as well), `skipped`. What is not there is none. */
  readonly pattern: RegExp;
  /** The same line comes again and again while it runs, or for each part and then for all: the last one counts. */
  readonly last?: true;
}

/** Tools whose summary is one line, or some lines that can be read alone. */
const ONE_LINE: readonly OneLine[] = [
  // RSpec, Jasmine
  {
    pattern:
      /^(?<total>[0-9]+) (?:examples?|specs?), (?<failed>[0-9]+) failures?(?:, (?<skipped>[0-9]+) pending(?: specs?)?)?(?:, (?<errors>[0-9]+) errors? occurred outside of examples)?$/,
  },
  // Minitest, Rails, test-unit
  {
    pattern:
      /^(?<total>[0-9]+) (?:runs|tests), [0-9]+ assertions, (?<failed>[0-9]+) failures, (?<errors>[0-9]+) errors(?:, (?<skipped>[0-9]+) (?:skips|pendings))?\b/,
  },
  // bats on a terminal, ExUnit
  {
    pattern:
      /^(?:[0-9]+ (?:doctests?|propert(?:y|ies)), )*(?<total>[0-9]+) tests?, (?<failed>[0-9]+) failures?(?:, [0-9]+ excluded)?(?:, (?<errors>[0-9]+) invalid)?(?:, (?<skipped>[0-9]+) (?:skipped|not run))?(?: in [0-9.]+ seconds)?$/,
  },
  // PHPUnit
  { pattern: /^OK \((?<total>[0-9]+) tests?, [0-9]+ assertions?\)$/ },
  {
    pattern:
      /^Tests: (?<total>[0-9]+), Assertions: [0-9]+(?:, Errors: (?<errors>[0-9]+))?(?:, Failures: (?<failed>[0-9]+))?(?:, (?!Skipped|Incomplete)[A-Z][A-Za-z ]*: [0-9]+)*(?:, (?:Skipped|Incomplete): (?<skipped>[0-9]+))?(?:, [A-Z][A-Za-z ]*: [0-9]+)*\.$/,
  },
  { pattern: /^No tests executed!$/ },
  // Pest
  {
    pattern:
      /^ {2}Tests: +(?:(?<failed>[0-9]+) failed(?:, )?)?(?:[0-9]+ (?:deprecated|warnings?|risky|incomplete|todos?|notices?)(?:, )?)*(?:(?<skipped>[0-9]+) skipped(?:, )?)?(?:(?<passed>[0-9]+) passed)? \([0-9]+ assertions?\)$/,
  },
  // Maven; the lines of each class have their time as well
  {
    pattern:
      /^(?:\[[A-Z]+\] )?Tests run: +(?<total>[0-9]+), +Failures: +(?<failed>[0-9]+)(?:, +Errors: +(?<errors>[0-9]+))?(?:, +Skipped: +(?<skipped>[0-9]+))?$/,
  },
  { pattern: /^OK \((?<total>[0-9]+) tests?\)$/ },
  // Gradle
  { pattern: /^(?<total>[0-9]+) tests? completed(?:, (?<failed>[0-9]+) failed)?(?:, (?<skipped>[0-9]+) skipped)?$/ },
  // dotnet test
  {
    pattern:
      /^\s*(?:Passed|Failed|Skipped)! +- +Failed: +(?<failed>[0-9]+), +Passed: +(?<passed>[0-9]+), +Skipped: +(?<skipped>[0-9]+), +Total: +(?<total>[0-9]+)\b/,
  },
  // ScalaTest
  {
    pattern:
      /^(?:\[[a-z]+\] )?Tests: succeeded (?<passed>[0-9]+), failed (?<failed>[0-9]+), canceled [0-9]+, ignored (?<skipped>[0-9]+), pending [0-9]+$/,
  },
  // Deno
  {
    pattern:
      /^(?:ok|FAILED) \| (?<passed>[0-9]+) passed(?: \([0-9]+ steps?\))? \| (?<failed>[0-9]+) failed(?: \([0-9]+ steps?\))?(?: \| (?<skipped>[0-9]+) ignored)?\b/,
  },
  // gotestsum
  {
    pattern:
      /^DONE (?:[0-9]+ runs, )?(?<total>[0-9]+) tests?(?:, (?<skipped>[0-9]+) skipped)?(?:, (?<failed>[0-9]+) failures?)?(?:, (?<errors>[0-9]+) errors?)? in [0-9.]+s$/,
  },
  // CTest
  { pattern: /^[0-9]+% tests passed, (?<failed>[0-9]+) tests? failed out of (?<total>[0-9]+)$/ },
  // GoogleTest
  { pattern: /^\[ {2}PASSED {2}\] (?<passed>[0-9]+) tests?\.$/ },
  { pattern: /^\[ {2}FAILED {2}\] (?<failed>[0-9]+) tests?, listed below:$/ },
  { pattern: /^\[ {2}SKIPPED \] (?<skipped>[0-9]+) tests?, listed below:$/ },
  // Catch2
  { pattern: /^All tests passed \([0-9]+ assertions? in (?<passed>[0-9]+) test cases?\)$/ },
  {
    pattern:
      /^test cases: +(?<total>[0-9]+)(?: \| +[0-9]+ passed)?(?: \| +(?<failed>[0-9]+) failed)?(?: \| +(?<skipped>[0-9]+) (?:skipped|failed as expected))?$/,
  },
  // AVA: with a failed test it does not tell those that passed
  { pattern: /^ {2}(?<passed>[0-9]+) tests? passed$/ },
  { pattern: /^ {2}(?<failed>[0-9]+) (?:tests? failed|hooks? failed|uncaught exceptions?|unhandled rejections?)$/ },
  { pattern: /^ {2}(?<skipped>[0-9]+) (?:tests? skipped|tests? todo|known failures?)$/ },
  // Cucumber, behave
  {
    pattern:
      /^(?<total>[0-9]+) scenarios? \((?:(?<failed>[0-9]+) failed(?:, )?)?(?:(?<errors>[0-9]+) (?:undefined|ambiguous)(?:, )?)?(?:(?<skipped>[0-9]+) (?:skipped|pending)(?:, )?)?(?:[0-9]+ passed)?\)$/,
  },
  {
    pattern:
      /^(?<passed>[0-9]+) scenarios? passed, (?<failed>[0-9]+) failed(?:, (?<errors>[0-9]+) error)?, (?<skipped>[0-9]+) skipped\b/,
  },
  // busted
  {
    pattern:
      /^(?<passed>[0-9]+) success(?:es)? \/ (?<failed>[0-9]+) failures? \/ (?<errors>[0-9]+) errors? \/ (?<skipped>[0-9]+) pending\b/,
  },
  // Karma, XCTest, Robot Framework, testthat
  {
    pattern:
      /\bExecuted (?<total>[0-9]+) of [0-9]+(?: \((?<failed>[0-9]+) FAILED\))?(?: \((?:skipped (?<skipped>[0-9]+))\))?(?: SUCCESS)? \([0-9.]+ (?:secs?|mins?)\b/,
    last: true,
  },
  {
    pattern:
      /^\s*Executed (?<total>[0-9]+) tests?, with (?:(?<skipped>[0-9]+) tests? skipped and )?(?<failed>[0-9]+) failures? \(/,
    last: true,
  },
  {
    pattern:
      /^(?<total>[0-9]+) tests?, (?<passed>[0-9]+) passed, (?<failed>[0-9]+) failed(?:, (?<skipped>[0-9]+) skipped)?$/,
    last: true,
  },
  {
    pattern: /^\[ FAIL (?<failed>[0-9]+) \| WARN [0-9]+ \| SKIP (?<skipped>[0-9]+) \| PASS (?<passed>[0-9]+) \]$/,
    last: true,
  },
];

/** Every tool whose summary is one line. */
export const oneLine: ReadSummary = (lines) =>
  summed(
    ONE_LINE.flatMap(({ pattern, last }) => {
      const parts = lines.flatMap((line) => {
        const groups = pattern.exec(line);
        return groups === null ? [] : [read(line, groups.groups ?? {})];
      });
      return last === true ? parts.slice(-1) : parts;
    }),
  );

function read(line: string, groups: Readonly<Record<string, string | undefined>>): Summary {
  const of = (name: string) => Number(groups[name] ?? 0);
  const [failed, skipped] = [of('failed') + of('errors'), of('skipped')];
  const rest = of('total') - failed - skipped;
  const passed = groups['passed'] === undefined ? Math.max(0, rest) : of('passed');
  // An error outside of every test is counted, and is no test.
  const addsUp = groups['total'] === undefined || passed === rest || (failed > 0 && rest <= 0);
  return { passed, failed, skipped, partial: !addsUp, line: line.trim() };
}
