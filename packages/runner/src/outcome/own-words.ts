// What a test runner prints about a test: its name with a mark, its number, what was expected and what came, a
// difference, a frame of the stack.
const OF_A_REPORT: readonly RegExp[] = [
  /^\s*(?:[✓✔√✗✘✕×✖○◌↓❯▶●]|ok|not ok|PASS|PASSED|FAIL|FAILED|XFAIL|SKIP|SKIPPED) /,
  /^\s*(?:FAIL|ERROR|UNEXPECTED SUCCESS): \w+ \(\S+\)/,
  /^\s*--- (?:PASS|FAIL|SKIP): /,
  /^\s*=== (?:RUN|CONT|PAUSE|NAME) /,
  /^test .+ \.\.\. \w+$/,
  /^\s*[0-9]+\) \S/,
  /^\s*(?:\w+ ?\[?)?Assertion\w*(?:Error)?\b/,
  /^\s*(?:Expected|Received|expected|actual|got|received|want|left|right|Actual|Got)\b[^:]{0,40}:/,
  /^\s*expect(?:\(|ed )/,
  /^\s*Error: expect\(/,
  /^\s*[-+](?: |["'`])/,
  /^\s*at .+:[0-9]+(?::[0-9]+)?\)?$/,
  /^\s+File ".*", line [0-9]+/,
  /^[>E] {2,}\S/,
  /\bpanicked at\b/,
  /^\s*assertion [`']/,
];
// A source excerpt, numbered or marked below.
const SOURCE = /^\s*>?\s*[0-9]* ?[|│](?: |$)/;
const MARKER = /^\s*[\^~]+\s*$/;
const PYTHON_FRAME = /^\s+File ".*", line [0-9]+/;
// What a test itself has logged: its runner names the place above it.
const LOGGED_BY_JEST = /^(\s+)console\.(?:error|warn|log|info|debug)$/;
const LOGGED_BY_VITEST = /^std(?:err|out) \| \S/;

/**
 * The lines of an output without those that are plainly part of a report about tests: their names, source excerpts,
 * what was expected and what came, what they have logged themselves. Such a line quotes all sorts of troubles, and none
 * of them is the machine's.
 */
export function ownWords(lines: readonly string[]): string[] {
  const kept: string[] = [];
  let deeperThan = Number.POSITIVE_INFINITY;
  for (const [at, line] of lines.entries()) {
    const indent = line.length - line.trimStart().length;
    if (indent > deeperThan) continue;
    deeperThan = LOGGED_BY_JEST.test(line) ? indent : Number.POSITIVE_INFINITY;
    const [before = '', after = ''] = [lines[at - 1], lines[at + 1]];
    const quoted =
      MARKER.test(line) ||
      MARKER.test(after) ||
      PYTHON_FRAME.test(before) ||
      LOGGED_BY_VITEST.test(before) ||
      LOGGED_BY_VITEST.test(line);
    if (!quoted && !SOURCE.test(line) && !OF_A_REPORT.some((pattern) => pattern.test(line))) kept.push(line);
  }
  return kept;
}
