import { numberIn, type ReadSummary } from './summary.ts';

const RUNNING = /^Running ([0-9]+) tests? using [0-9]+ workers?\b/;
const TOLD =
  /^ {2}([0-9]+) (failed|flaky|interrupted|skipped|did not run|passed|errors? (?:was|were) not a part of any test)\b/;
const PASSED = /^ {2}[0-9]+ passed \([0-9.]+(?:ms|s|m|h)\)$/;
const UNLOADED = /^ {3}at \S+\.[cm]?[jt]sx?:[0-9]+$/;

// The reporter `github` has all of them in one line.
const GITHUB = /^::notice title=[^:]*Playwright Run Summary::/;

/**
 * ` 1 failed`, ` 1 flaky`, ` 2 skipped`, ` 3 did not run`, ` 5 passed (3.2s)`, each on a line of its own, and above
 *   them `Running 12 tests using 4 workers`. A flaky test has passed in the end. Where a file cannot be loaded there is
 *   none of this, but the error and the place in the file.
 */
export const playwright: ReadSummary = (output) => {
  const lines = output.flatMap((line) => (GITHUB.test(line) ? line.replace(GITHUB, '').split('%0A') : [line]));
  const announced = lines.reduce((sum, line) => sum + (numberIn(line, RUNNING) ?? 0), 0);
  if (announced === 0 && !lines.some((line) => PASSED.test(line))) return unloaded(lines);
  let [passed, failed, skipped, missing, errors] = [0, 0, 0, 0, 0];
  const told = lines.filter((line) => TOLD.test(line));
  for (const line of told) {
    const [, digits, word] = TOLD.exec(line) ?? [];
    const count = Number(digits);
    if (word === 'passed' || word === 'flaky') passed += count;
    else if (word === 'failed') failed += count;
    else if (word === 'skipped') skipped += count;
    else if (word === 'did not run' || word === 'interrupted') missing += count;
    else errors += count;
  }
  if (told.length === 0) missing = announced;
  const sum = passed + failed + skipped + missing;
  const line =
    told.find((one) => one.endsWith(' failed')) ??
    told.find((one) => one.includes(' not ')) ??
    told.at(-1) ??
    lines.find((one) => RUNNING.test(one)) ??
    '';
  return {
    passed,
    failed: failed + errors,
    skipped,
    missing,
    partial: announced > 0 && announced !== sum,
    line: line.trim(),
  };
};

function unloaded(lines: readonly string[]): ReturnType<ReadSummary> {
  const at = lines.findIndex((line) => UNLOADED.test(line));
  // Between the error and its place are its message and what required what: some lines.
  const error =
    at < 0 ? undefined : lines.slice(Math.max(0, at - 12), at).findLast((line) => /^(?:\w*Error|Error): /.test(line));
  return error === undefined ? undefined : { passed: 0, failed: 1, skipped: 0, partial: true, line: error };
}
