import { numberIn, summed, type Summary } from './summary.ts';
import { TapStream } from './tap-stream.ts';

// Go says `ok  \t` of a package.
const RESULT = /^(not )?ok(?! *\t)(?:\s+([0-9]+))?(?:\s|$)/;
const NESTED = /^\s+(?:not )?ok\b/;
const PLAN = /^1\.\.([0-9]+)(?:\s*#.*)?$/;
const VERSION = /^TAP version [0-9]+$/;
const BAIL_OUT = /^Bail out!/;
// `# tests 2`, `# pass  2` (tape), `# fail 1`; `ℹ tests 2` in node:test's own report.
const TOLD = /^(?:#|ℹ) (tests|pass|fail|cancelled|skipped|skip|todo)\s+([0-9]+)$/;
// `# { total: 4, pass: 2, todo: 1, skip: 1 }` (node-tap)
const TOLD_AT_ONCE = /^# \{ total: [0-9]+,[^}]*\}$/;

/**
 * TAP, whatever prints it: node:test, tape, node-tap, mocha, ava, qunit, bats, Perl. `# tests 5`, `# pass 4`, `# fail
 * 1` where it counts its tests, else the lines `ok` and
 * `not ok` against the plan `1..5`.
 *
 * @param withPlan only streams that have a plan or a count: lines alone may be what a test of another runner has
 *   printed
 */
export function tap(lines: readonly string[], { withPlan }: { withPlan: boolean }): Summary | undefined {
  let current = new TapStream();
  const streams = [current];
  const another = (): void => {
    current = new TapStream();
    streams.push(current);
  };
  for (const line of lines) {
    if (NESTED.test(line)) {
      current.nested = true;
      continue;
    }
    if (VERSION.test(line) && current.begun) another();
    if (BAIL_OUT.test(line)) current.bailedOut = true;
    const plan = numberIn(line, PLAN);
    if (plan !== undefined) {
      if (current.plan !== undefined) another();
      current.plan = plan;
    }
    const [result, not, number] = RESULT.exec(line) ?? [];
    if (result !== undefined) {
      if (number === '1' && current.ended) another();
      current.addResult(line, not !== undefined);
    }
    for (const [name, count] of toldIn(line)) {
      if (current.hasTold(name)) another();
      current.addTold(name, count, line);
    }
  }
  return summed(streams.flatMap((stream) => (withPlan && !stream.counted ? [] : (stream.summary() ?? []))));
}

function toldIn(line: string): [name: string, count: number][] {
  const [, name, count] = TOLD.exec(line) ?? [];
  if (name !== undefined) return [[name, Number(count)]];
  return TOLD_AT_ONCE.test(line)
    ? [...line.matchAll(/(\w+): ([0-9]+)/g)].map(([, key = '', value]) => [key, Number(value)])
    : [];
}
