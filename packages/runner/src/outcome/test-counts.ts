import { stripVTControlCharacters } from 'node:util';

/** How many tests there were, as the runner's own summary says. */
export interface TestCounts {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Where it says so. */
  readonly line: string;
}

type Reader = (lines: readonly string[]) => TestCounts | undefined;

/**
 * Reads the summary of a test runner: vitest, jest, node:test (also TAP), pytest, go test -v, cargo test, mocha. null: none is known here.
 * Where several runs follow one another the last one is told, except for cargo and go, which sum up each part on its own.
 *
 * @param output stdout and stderr; its beginning may be missing, but then a sum over its parts would be wrong
 * @param whole nothing is left out of it
 */
export function countTests(output: string, { whole }: { whole: boolean }): TestCounts | null {
  const lines = stripVTControlCharacters(output).split('\n').map((line) => line.trimEnd());
  for (const read of [vitest, jest, nodeTest, pytest, mocha]) {
    const counts = read(lines);
    if (counts !== undefined) return counts;
  }
  return whole ? cargo(lines) ?? goTest(lines) ?? null : null;
}

/** `      Tests  1 failed | 12 passed | 2 skipped (15)` */
const vitest: Reader = (lines) => {
  const line = lines.findLast((one) => /^\s*Tests {2}(?:no tests|[0-9].*\([0-9]+\))/.test(one));
  return line === undefined ? undefined : countedInOneLine(line);
};

/** `Tests:       1 failed, 2 skipped, 5 passed, 8 total` */
const jest: Reader = (lines) => {
  const line = lines.findLast((one) => /^Tests: +.*[0-9]+ total$/.test(one));
  return line === undefined ? undefined : countedInOneLine(line);
};

/** In the words that jest has and vitest has taken over. */
function countedInOneLine(line: string): TestCounts {
  return counted(line, { failed: number(line, /([0-9]+) failed/), passed: number(line, /([0-9]+) passed/), skipped: number(line, /([0-9]+) skipped/) + number(line, /([0-9]+) todo/) });
}

/** `# tests 5` and below it `# pass 4`, `# fail 1`, …; the spec reporter has `ℹ` in place of `#`. */
const nodeTest: Reader = (lines) => {
  const at = lines.findLastIndex((line) => /^(?:#|ℹ) tests [0-9]+$/.test(line));
  if (at < 0) return undefined;
  const block = lines.slice(at, at + 10).join('\n');
  const of = (name: string) => number(block, new RegExp(`^(?:#|ℹ) ${name} ([0-9]+)$`, 'm'));
  return counted(lines.slice(at, at + 4).join(', '), { failed: of('fail') + of('cancelled'), passed: of('pass'), skipped: of('skipped') + of('todo') });
};

/** `==== 1 failed, 3 passed, 2 skipped, 1 error in 0.12s ====` */
const pytest: Reader = (lines) => {
  const line = lines.findLast((one) => /^(?:=+ )?(?:no tests ran|[0-9]+ (?:failed|passed|skipped|errors?|xfailed|xpassed|deselected|warnings?)\b.*) in [0-9.]+s\b/.test(one));
  return line === undefined ? undefined : counted(line, {
    failed: number(line, /([0-9]+) failed/) + number(line, /([0-9]+) error/),
    passed: number(line, /([0-9]+) passed/) + number(line, /([0-9]+) xpassed/),
    skipped: number(line, /([0-9]+) skipped/) + number(line, /([0-9]+) xfailed/),
  });
};

/** `  5 passing (10ms)`, and perhaps `  1 pending`, `  2 failing` */
const mocha: Reader = (lines) => {
  const at = lines.findLastIndex((line) => /^ *[0-9]+ passing \([0-9.]+m?s\)$/.test(line));
  if (at < 0) return undefined;
  const block = lines.slice(at, at + 3).join(' ');
  return counted(lines[at] ?? '', { failed: number(block, /([0-9]+) failing/), passed: number(block, /([0-9]+) passing/), skipped: number(block, /([0-9]+) pending/) });
};

/** `test result: ok. 5 passed; 0 failed; 1 ignored; …`, for each crate and kind of test */
const cargo: Reader = (lines) => {
  const results = lines.filter((line) => /^test result: (?:ok|FAILED)\. [0-9]+ passed;/.test(line));
  const sum = (pattern: RegExp) => results.reduce((total, line) => total + number(line, pattern), 0);
  return results.length === 0 ? undefined : counted(results.at(-1) ?? '', { failed: sum(/([0-9]+) failed/), passed: sum(/([0-9]+) passed/), skipped: sum(/([0-9]+) ignored/) });
};

/** `--- PASS: TestSum (0.00s)` for each test; without `-v` those that pass are not told, so there is no count. */
const goTest: Reader = (lines) => {
  if (!lines.some((line) => line.startsWith('=== RUN '))) return undefined;
  const count = (what: string) => lines.filter((line) => line.startsWith(`--- ${what}: `)).length;
  return counted(lines.findLast((line) => /^(?:ok|FAIL|PASS)\b/.test(line)) ?? '', { failed: count('FAIL'), passed: count('PASS'), skipped: count('SKIP') });
};

function counted(line: string, { failed, passed, skipped }: { failed: number; passed: number; skipped: number }): TestCounts {
  return { total: failed + passed + skipped, passed, failed, skipped, line: line.trim() };
}

function number(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? 0);
}
