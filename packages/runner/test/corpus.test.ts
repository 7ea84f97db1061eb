import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { countTests, judgeOutcome, type CommandFacts } from '../src/index.ts';

type Expected = readonly [
  counts: readonly [passed: number, failed: number, skipped: number] | null,
  row: string,
  rowWhereTheExitCodeIsSwallowed: string,
];

/**
 * What real tools have printed (corpus/NAME.txt, made by vitest 4.1, jest 30.5, mocha 12.0, node:test 24, tape 5.10,
 * node-tap 21.8, AVA 7.0, Playwright 1.65, pytest 7.2 and 9.0, Python 3.11, Go 1.19, Rust 1.95, bats 1.8, RSpec 3.12),
 * and what it says.
 */
const CORPUS: Readonly<Record<string, Expected>> = {
  'ava-green': [[2, 0, 2], 'passed', 'passed'],
  'ava-red': [[0, 1, 3], 'tests_failed', 'failures_counted'],
  'ava-tap-green': [[2, 0, 2], 'passed', 'passed'],
  'ava-tap': [[4, 1, 2], 'tests_failed', 'failures_counted'],
  'ava-unloaded': [[2, 1, 2], 'tests_failed', 'failures_counted'],
  'bats-green': [[1, 0, 1], 'passed', 'passed'],
  'bats-pretty': [[2, 1, 1], 'tests_failed', 'failures_counted'],
  'bats-red': [[2, 1, 1], 'tests_failed', 'failures_counted'],
  'cargo-abort': [[1, 1, 1], 'tests_failed', 'failures_counted'],
  'cargo-build': [[0, 1, 0], 'tests_failed', 'failures_counted'],
  'cargo-green': [[2, 0, 1], 'passed', 'passed'],
  'cargo-red': [[3, 1, 1], 'tests_failed', 'failures_counted'],
  'go-build': [[0, 1, 0], 'tests_failed', 'failures_counted'],
  'go-green': [null, 'passed', 'passed'],
  'go-json': [[3, 1, 1], 'tests_failed', 'failures_counted'],
  'go-main': [[2, 1, 1], 'tests_failed', 'failures_counted'],
  'go-none': [[0, 0, 0], 'nothing_ran', 'nothing_ran'],
  'go-panic': [[2, 1, 1], 'tests_failed', 'failures_counted'],
  'go-red': [[0, 1, 0], 'tests_failed', 'failures_counted'],
  'go-v-build': [[2, 1, 1], 'tests_failed', 'failures_counted'],
  'go-v-green': [[2, 0, 1], 'passed', 'passed'],
  'go-v-notests': [[0, 0, 0], 'nothing_ran', 'nothing_ran'],
  'go-v-red': [[3, 1, 1], 'tests_failed', 'failures_counted'],
  'jasmine-green': [[1, 0, 1], 'passed', 'passed'],
  'jest-bail': [[1, 1, 0], 'tests_failed', 'failures_counted'],
  'jest-green': [[1, 0, 2], 'passed', 'passed'],
  'jest-none': [[0, 0, 0], 'nothing_ran', 'nothing_ran'],
  'jest-red': [[2, 2, 2], 'tests_failed', 'failures_counted'],
  'jest-unloaded': [[1, 1, 2], 'tests_failed', 'failures_counted'],
  'jest-verbose-colours': [[2, 1, 2], 'tests_failed', 'failures_counted'],
  'mocha-bail': [[0, 1, 0], 'tests_failed', 'failures_counted'],
  'mocha-dot': [[2, 0, 1], 'passed', 'passed'],
  'mocha-green': [[2, 0, 1], 'passed', 'passed'],
  'mocha-hook': [[2, 1, 1], 'tests_failed', 'failures_counted'],
  'mocha-min': [[3, 1, 1], 'tests_failed', 'failures_counted'],
  'mocha-none': [[0, 0, 0], 'nothing_ran', 'nothing_ran'],
  'mocha-red': [[3, 1, 1], 'tests_failed', 'failures_counted'],
  'mocha-tap': [[3, 1, 1], 'tests_failed', 'failures_counted'],
  'node-dot': [[0, 1, 0], 'tests_failed', 'failures_counted'],
  'node-none': [[1, 0, 0], 'passed', 'passed'],
  'node-red': [[4, 2, 3], 'tests_failed', 'failures_counted'],
  'node-spec': [[2, 0, 2], 'passed', 'passed'],
  'node-tap': [[3, 1, 2], 'tests_failed', 'failures_counted'],
  'node-todo': [[1, 0, 1], 'passed', 'passed'],
  'node-unloaded': [[2, 1, 2], 'tests_failed', 'failures_counted'],
  'npm-red': [[2, 1, 2], 'tests_failed', 'failures_counted'],
  'perl-short': [[1, 1, 0], 'tests_failed', 'failures_counted'],
  'pnpm-aggregate': [[6, 0, 7], 'passed', 'passed'],
  'pnpm-filter': [[2, 0, 1], 'passed', 'passed'],
  'pnpm-green': [[6, 0, 7], 'passed', 'passed'],
  'pnpm-red': [[7, 2, 7], 'tests_failed', 'failures_counted'],
  'prove-green': [[2, 0, 0], 'passed', 'passed'],
  'prove-red': [[3, 1, 0], 'tests_failed', 'failures_counted'],
  'prove-v-green': [[2, 0, 0], 'passed', 'passed'],
  'pw-beforeall': [[0, 1, 0], 'tests_failed', 'failures_counted'],
  'pw-dot': [[3, 1, 2], 'tests_failed', 'failures_counted'],
  'pw-flaky': [[3, 0, 2], 'passed', 'passed'],
  'pw-green': [[2, 0, 2], 'passed', 'passed'],
  'pw-max': [[2, 2, 2], 'tests_failed', 'failures_counted'],
  'pw-none': [null, 'passed', 'passed'],
  'pw-red': [[3, 1, 2], 'tests_failed', 'failures_counted'],
  'pw-serial': [[2, 1, 2], 'tests_failed', 'failures_counted'],
  'pw-unloaded': [[0, 1, 0], 'tests_failed', 'failures_counted'],
  'pytest-bail': [[0, 1, 0], 'tests_failed', 'failures_counted'],
  'pytest-colour': [[3, 1, 2], 'tests_failed', 'failures_counted'],
  'pytest-conftest': [[0, 1, 0], 'tests_failed', 'failures_counted'],
  'pytest-debian-sub': [[3, 1, 0], 'tests_failed', 'failures_counted'],
  'pytest-debian-subgreen': [[1, 0, 0], 'passed', 'passed'],
  'pytest-fixture': [[1, 1, 0], 'tests_failed', 'failures_counted'],
  'pytest-green': [[2, 0, 2], 'passed', 'passed'],
  'pytest-nomodule': [null, 'test_tool_missing', 'passed'],
  'pytest-none': [[0, 0, 0], 'unknown', 'nothing_ran'],
  'pytest-nopath': [[0, 0, 0], 'pytest_asked_wrongly', 'nothing_ran'],
  'pytest-q': [[1, 1, 0], 'tests_failed', 'failures_counted'],
  'pytest-red': [[3, 1, 2], 'tests_failed', 'failures_counted'],
  'pytest-sub': [[1, 2, 0], 'tests_failed', 'failures_counted'],
  'pytest-subgreen': [[1, 0, 0], 'passed', 'passed'],
  'pytest-subu': [[1, 1, 0], 'tests_failed', 'failures_counted'],
  'pytest-unloaded': [[0, 1, 0], 'tests_failed', 'failures_counted'],
  'pytest-usage': [null, 'pytest_asked_wrongly', 'passed'],
  'qunit-green': [[1, 0, 2], 'passed', 'passed'],
  'qunit-red': [[1, 1, 2], 'tests_failed', 'failures_counted'],
  'rspec-green': [[1, 0, 1], 'passed', 'passed'],
  'rspec-red': [[1, 1, 1], 'tests_failed', 'failures_counted'],
  'rspec-unloaded': [[0, 1, 0], 'tests_failed', 'failures_counted'],
  'tap-green': [[2, 0, 2], 'passed', 'passed'],
  'tap-node': [[2, 0, 2], 'passed', 'passed'],
  'tap-red': [[3, 1, 2], 'tests_failed', 'failures_counted'],
  'tape-a': [[2, 0, 0], 'passed', 'passed'],
  'tape-mixed': [[2, 0, 1], 'passed', 'passed'],
  'tape-red': [[1, 1, 0], 'tests_failed', 'failures_counted'],
  'tape-skips': [[1, 0, 2], 'passed', 'passed'],
  'unittest-all': [[0, 8, 5], 'tests_failed', 'failures_counted'],
  'unittest-class': [[0, 1, 0], 'tests_failed', 'failures_counted'],
  'unittest-green': [[1, 0, 2], 'passed', 'passed'],
  'unittest-none': [[0, 0, 0], 'nothing_ran', 'nothing_ran'],
  'unittest-red': [[0, 3, 0], 'tests_failed', 'failures_counted'],
  'unittest-sub': [[0, 3, 3], 'tests_failed', 'failures_counted'],
  'unittest-unloaded': [[0, 1, 0], 'tests_failed', 'failures_counted'],
  'unittest-v': [[1, 3, 2], 'tests_failed', 'failures_counted'],
  'uvu-red': [[1, 1, 0], 'tests_failed', 'failures_counted'],
  'vitest-green': [[2, 0, 2], 'passed', 'passed'],
  'vitest-none': [[0, 0, 0], 'nothing_ran', 'nothing_ran'],
  'vitest-red-and-unloaded': [[4, 3, 2], 'tests_failed', 'failures_counted'],
  'vitest-red': [[3, 1, 2], 'tests_failed', 'failures_counted'],
  'vitest-unhandled': [[3, 1, 2], 'tests_failed', 'failures_counted'],
  'vitest-unloaded': [[2, 1, 2], 'tests_failed', 'failures_counted'],
  'vitest-verbose-colours': [[3, 1, 2], 'tests_failed', 'failures_counted'],
};

const folder = new URL('corpus/', import.meta.url);

function factsOf(name: string): CommandFacts & { stdout: string; stderr: string } {
  const [, exitCode, stdout = '', stderr = ''] =
    /^exit code ([0-9]+)\n([^]*)\n--- stderr ---\n([^]*)$/.exec(readFileSync(new URL(`${name}.txt`, folder), 'utf8')) ??
    [];
  return {
    command: ['npm', 'test'],
    why: 'exited',
    startProblem: null,
    exitCode: Number(exitCode),
    signal: null,
    durationMs: 1,
    stdout,
    stderr,
  };
}

const counted = (output: string) => {
  const counts = countTests(output, { whole: true });
  return counts === null ? null : [counts.passed, counts.failed, counts.skipped];
};
const printed = (name: string) => `${factsOf(name).stdout}\n${factsOf(name).stderr}`;
const judged = (facts: CommandFacts) =>
  judgeOutcome({ ...facts, counts: countTests(`${facts.stdout}\n${facts.stderr}`, { whole: true }) }).evidence.row;

test('every output has its line, and every line an output', () => {
  expect(
    readdirSync(folder)
      .map((file) => file.replace(/\.txt$/, ''))
      .toSorted(),
  ).toEqual(Object.keys(CORPUS).toSorted());
});

describe.each(Object.entries(CORPUS))('%s', (name, [counts, row, swallowed]) => {
  test('is counted and judged', () => {
    const facts = factsOf(name);
    expect(counted(printed(name))).toEqual(counts);
    expect([judged(facts), judged({ ...facts, exitCode: 0 })]).toEqual([row, swallowed]);
  });

  test('says the same in Windows lines, on stderr, behind the names of packages, and in a container whose engine complains', () => {
    const lines = printed(name).split('\n');
    const behind = (prefix: string) => lines.map((line) => prefix + line).join('\n');
    expect(
      [
        lines.join('\r\n'),
        behind('packages/a test: '),
        behind('@x/a:test: '),
        behind('web-1  | '),
        behind('[a]: '),
        behind('2026-11-21T10:00:00.000Z '),
      ].map(counted),
    ).toEqual(Array(6).fill(counts));
    const { exitCode, stdout, stderr, ...rest } = factsOf(name);
    if (row === 'tests_failed')
      expect(
        judged({
          ...rest,
          exitCode,
          stdout: '',
          stderr:
            `${stdout}\n${stderr}\nError response from daemon: container 3f2a is not running\nconnect ` +
            'ECONNREFUSED',
        }),
      ).toBe(row);
  });
});

test('several in one output are added up', () => {
  expect(
    counted(['vitest-green', 'jest-red', 'pytest-green', 'tape-a', 'cargo-green'].map(printed).join('\n')),
  ).toEqual([10, 2, 7]);
  expect(counted(`${printed('vitest-none')}\n${printed('mocha-green')}`)).toEqual([2, 0, 1]);
});
