import { cargo } from './summaries/cargo.ts';
import { goTest } from './summaries/go-test.ts';
import { jest } from './summaries/jest.ts';
import { mocha } from './summaries/mocha.ts';
import { nodeDot } from './summaries/node-dot.ts';
import { oneLine } from './summaries/one-line.ts';
import { playwright } from './summaries/playwright.ts';
import { prove } from './summaries/prove.ts';
import { pytest } from './summaries/pytest.ts';
import { bun, uvu } from './summaries/some-lines.ts';
import { linesOf, streamsOf } from './summaries/streams.ts';
import { summed, type ReadSummary, type Summary } from './summaries/summary.ts';
import { tap } from './summaries/tap.ts';
import { unittest } from './summaries/unittest.ts';
import { vitest } from './summaries/vitest.ts';

/** How many tests there were, as their runners' own summaries say. */
export interface TestCounts {
  readonly total: number;
  readonly passed: number;
  /** Tests that failed, and files, suites and packages that could not be loaded. */
  readonly failed: number;
  readonly skipped: number;
  /** What was announced and never told of: the run broke off. */
  readonly missing?: number;
  /** More may have run than is counted: a part of the output is missing, or a runner tells of its failures alone. */
  readonly partial?: true;
  /** Where it says so. */
  readonly line: string;
}

const READERS: readonly ReadSummary[] = [
  vitest,
  jest,
  mocha,
  playwright,
  nodeDot,
  bun,
  uvu,
  pytest,
  unittest,
  cargo,
  goTest,
  oneLine,
  prove,
];

/**
 * Reads the summaries of test runners: all that are in the output, added up, also where each line has the name of its
 * package before it (`pnpm -r`).
 *
 * null: none is known here, or the numbers contradict one another. Where a failed test is counted the counts are told
 * all the same, as `partial`.
 *
 * @param output stdout and stderr
 * @param whole nothing is left out of it
 */
export function countTests(output: string, { whole }: { whole: boolean }): TestCounts | null {
  const lines = linesOf(output);
  const found = read(streamsOf(lines, 'known')) ?? read(streamsOf(lines, 'any'));
  if (found === undefined) return null;
  const { passed, failed, skipped, line } = found;
  const cut = !whole && found.fromAllLines === true;
  const missing = cut ? 0 : (found.missing ?? 0);
  const partial = cut || found.partial === true;
  if (failed === 0 && (partial || (!whole && passed === 0)) && missing === 0) return null;
  return {
    total: passed + failed + skipped,
    passed,
    failed,
    skipped,
    ...(missing > 0 ? { missing } : {}),
    ...(partial ? { partial } : {}),
    line: line.trim(),
  };
}

function read(streams: readonly (readonly string[])[]): Summary | undefined {
  return summed(
    streams.flatMap((lines) => {
      const found = READERS.flatMap((reader) => reader(lines) ?? []);
      // With -v prove prints the TAP of its files as well.
      return prove(lines) === undefined
        ? [...found, ...[tap(lines, { withPlan: found.length > 0 }) ?? []].flat()]
        : found;
    }),
  );
}
