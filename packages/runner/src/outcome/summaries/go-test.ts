import type { ReadSummary } from './summary.ts';

const TEST = /^--- (PASS|FAIL|SKIP): /;
const PACKAGE = /^(ok|FAIL|\?) {0,3}\t(\S+)(?:\s+(.*))?$/;
const NO_TEST = /\[no test files\]|\[no tests to run\]/;

/**
 * `--- PASS: TestSum (0.00s)` for each test, and `ok` or `FAIL` for each package. Without `-v` the tests that pass are
 *   not told, only the packages, so there is no count of them. A package that failed and names no test of it that did
 *   could not be built, or ended on its own.
 */
export const goTest: ReadSummary = (output) => {
  const lines = output.some((line) => line.startsWith('{"')) ? output.flatMap(printed) : output;
  const verbose = lines.some((line) => line.startsWith('=== RUN '));
  const packages = lines.filter((line) => PACKAGE.test(line));
  if (packages.length === 0 && !verbose) return undefined;
  let [passed, failed, skipped, failedOfPackage, unknown] = [0, 0, 0, 0, false];
  for (const line of lines) {
    const told = TEST.exec(line)?.[1];
    if (told === 'PASS') passed += 1;
    if (told === 'SKIP') skipped += 1;
    if (told === 'FAIL') {
      failed += 1;
      failedOfPackage += 1;
    }
    const [, word, , rest = ''] = PACKAGE.exec(line) ?? [];
    if (word === undefined) continue;
    if (word === 'FAIL' && failedOfPackage === 0) failed += 1;
    if (word !== '?' && !NO_TEST.test(rest) && !verbose) unknown = true;
    failedOfPackage = 0;
  }
  const line =
    packages.find((one) => one.startsWith('FAIL')) ??
    packages.at(-1) ??
    lines.findLast((one) => TEST.test(one) || /^(?:PASS|FAIL)$/.test(one)) ??
    '';
  return { passed, failed, skipped, partial: unknown, fromAllLines: true, line };
};

/** What a line of `go test -json` says was printed. */
function printed(line: string): string[] {
  if (!line.startsWith('{"')) return [line];
  try {
    const event: unknown = JSON.parse(line);
    const output =
      typeof event === 'object' && event !== null && 'Action' in event && 'Output' in event && event.Action === 'output'
        ? event.Output
        : undefined;
    return typeof output === 'string' ? [output.trimEnd()] : [];
  } catch {
    return [line]; // it only looks like one
  }
}
