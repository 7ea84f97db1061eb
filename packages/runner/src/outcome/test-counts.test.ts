import { describe, expect, test } from 'vitest';
import { countTests } from './test-counts.ts';

const OUTPUTS: Readonly<
  Record<string, readonly [output: string, counts: readonly [passed: number, failed: number, skipped: number]]>
> = {
  vitest: [
    ' Test Files  1 failed | 3 passed (4)\n      Tests  1 failed | 12 passed | 2 skipped | 1 todo (16)\n ' +
      '  Start at  10:00:00\n',
    [12, 1, 3],
  ],
  'vitest in colours': [
    '\u001B[2m      Tests \u001B[22m \u001B[1m\u001B[32m64 passed\u001B[39m\u001B[22m\u001B[90m (64)\u001B[39m\n',
    [64, 0, 0],
  ],
  'vitest without tests': ['No test files found\n      Tests  no tests\n', [0, 0, 0]],
  jest: [
    'Test Suites: 1 failed, 1 total\nTests:       1 failed, 2 skipped, 5 passed, 8 total\nSnapshots:   0 total\n',
    [5, 1, 2],
  ],
  'node:test, as it is read': [
    'ℹ tests 5\nℹ suites 1\nℹ pass 3\nℹ fail 1\nℹ cancelled 1\nℹ skipped 0\nℹ todo 0\nℹ duration_ms 5.2\n',
    [3, 2, 0],
  ],
  'node:test as TAP': [
    'TAP version 13\nok 1 - a\n1..1\n# tests 4\n# suites 0\n# pass 2\n# fail 0\n# cancelled 0\n# skipped 1\n# todo 1\n',
    [2, 0, 2],
  ],
  pytest: [
    '=========================== short test summary info ============================\nFAILED t.py::a - ' +
      'assert\n=============== 1 failed, 3 passed, 2 skipped, 1 error in 0.12s ================\n',
    [3, 2, 2],
  ],
  'pytest -q': ['..F\n1 failed, 2 passed in 0.03s\n', [2, 1, 0]],
  'pytest without tests': [
    '============================ no tests ran in 0.01s =============================\n',
    [0, 0, 0],
  ],
  'go test -v': [
    '=== RUN   TestA\n--- PASS: TestA (0.00s)\n=== RUN   TestB\n=== RUN   TestB/sub\n    --- FAIL: ' +
      'TestB/sub (0.00s)\n--- FAIL: TestB (0.00s)\n=== RUN   TestC\n--- SKIP: TestC ' +
      '(0.00s)\nFAIL\nFAIL\texample\t0.002s\n',
    [1, 1, 1],
  ],
  'cargo test, each part on its own': [
    'test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\n   ' +
      'Doc-tests x\n\ntest result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; ' +
      'finished in 0.1s\n',
    [6, 2, 1],
  ],
  mocha: ['  5 passing (10ms)\n  1 pending\n  2 failing\n\n  1) sums\n', [5, 2, 1]],
  'two runs after another: both': ['      Tests  3 passed (3)\n      Tests  1 passed | 1 skipped (2)\n', [4, 0, 1]],
  'vitest, of which a file was not loaded': [
    ' Test Files  1 failed | 1 passed (2)\n      Tests  5 passed (5)\n',
    [5, 1, 0],
  ],
  'vitest, with tests that are expected to fail': ['      Tests  2 passed | 1 expected fail (3)\n', [3, 0, 0]],
  'jest on a terminal, again and again': [
    'Test Suites: 1 passed, 1 of 3 total\nTests:       2 passed, 2 total\nTest Suites: 3 passed, 3 ' +
      'total\nTests:       6 passed, 6 total\n',
    [6, 0, 0],
  ],
  'pytest that took long': ['=========== 3 passed, 2 warnings, 1 rerun in 65.12s (0:01:05) ===========\n', [3, 0, 0]],
  'pytest with subtests that failed': ['=== 1 passed, 1 subtests failed, 2 subtests passed in 0.1s ===\n', [1, 1, 0]],
  'unittest since Python 3.12, without tests': ['Ran 0 tests in 0.000s\n\nNO TESTS RAN\n', [0, 0, 0]],
  Django: ['Found 3 test(s).\nRan 3 tests in 0.011s\n\nFAILED (failures=1)\nDestroying test database\n', [2, 1, 0]],
  trial: ['Ran 3 tests in 0.005s\n\nPASSED (skips=0, successes=3)\n', [3, 0, 0]],
  'Playwright, broken off': [
    'Running 4 tests using 2 workers\n  1 failed\n    a.spec.js:1:1 › a\n  1 interrupted\n  1 did not ' +
      'run\n  1 passed (3.2s)\n',
    [1, 1, 0],
  ],
  'Playwright that took an hour': ['Running 2 tests using 1 worker\n  2 passed (1.1h)\n', [2, 0, 0]],
  'Playwright for GitHub': [
    '::notice title=🎭 Playwright Run Summary::  1 failed%0A    a.spec.js:1:1 › a%0A  2 passed (3.2s)\n',
    [2, 1, 0],
  ],
  'a container by its name': ['myapp  | Tests:       1 failed, 1 passed, 2 total\n', [1, 1, 0]],
  lerna: ['@x/a: Tests:       1 failed, 1 passed, 2 total\nb:       Tests  2 passed (2)\n', [3, 1, 0]],
  'TAP whose subtests are its own affair': [
    'TAP version 14\n    ok 1 - a\n    not ok 2 - b # TODO\n    1..2\nok 1 - c\n1..1\n',
    [1, 0, 0],
  ],
  'TAP of several programs': ['1..2\nok 1\nok 2\n1..1\nnot ok 1 - c\nok 1 d\n1..1\n', [3, 1, 0]],
  'TAP that skips everything': ['1..0 # SKIP no database\n', [0, 0, 0]],
  nextest: ['     Summary [   0.103s] 3/5 tests run: 1 passed (1 slow), 1 failed, 1 timed out, 2 skipped\n', [1, 2, 2]],
  'mocha that took minutes': ['  12 passing (2m)\n  1 failing\n', [12, 1, 0]],
  'go test whose package has failed by itself': [
    '=== RUN   TestA\n--- PASS: TestA (0.00s)\npanic: test timed out after 1s\nFAIL\texample/a\t1.002s\n',
    [1, 1, 0],
  ],
  RSpec: ['3 examples, 1 failure, 1 pending\n', [1, 1, 1]],
  Minitest: ['4 runs, 4 assertions, 1 failures, 1 errors, 1 skips\n', [1, 2, 1]],
  ExUnit: ['1 doctest, 3 tests, 1 failure, 1 excluded, 1 skipped\n', [1, 1, 1]],
  'PHPUnit that is green': ['OK (3 tests, 5 assertions)\n', [3, 0, 0]],
  PHPUnit: ['FAILURES!\nTests: 4, Assertions: 5, Errors: 1, Failures: 1, Skipped: 1.\n', [1, 2, 1]],
  'PHPUnit without tests': ['No tests executed!\n', [0, 0, 0]],
  Pest: ['  Tests:    1 failed, 1 skipped, 2 passed (3 assertions)\n', [2, 1, 1]],
  'Maven, each module': [
    '[INFO] Tests run: 2, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.1 s - in A\n[INFO] Tests ' +
      'run: 2, Failures: 0, Errors: 0, Skipped: 0\n[ERROR] Tests run: 3, Failures: 1, Errors: 1, Skipped: 0\n',
    [3, 2, 0],
  ],
  Gradle: ['3 tests completed, 1 failed, 1 skipped\n', [1, 1, 1]],
  'dotnet test': [
    'Failed!  - Failed:     1, Passed:     2, Skipped:     1, Total:     4, Duration: 12 ms - a.dll ' +
      '(net8.0)\nPassed!  - Failed:     0, Passed:     2, Skipped:     0, Total:     2, Duration: 2 ms - b.dll\n',
    [4, 1, 1],
  ],
  Deno: ['FAILED | 2 passed (3 steps) | 1 failed | 1 ignored (12ms)\n', [2, 1, 1]],
  Bun: [' 2 pass\n 1 skip\n 1 fail\n 3 expect() calls\nRan 4 tests across 1 file. [12.00ms]\n', [2, 1, 1]],
  gotestsum: ['DONE 5 tests, 1 skipped, 2 failures in 0.5s\n', [2, 2, 1]],
  CTest: ['67% tests passed, 1 tests failed out of 3\n', [2, 1, 0]],
  GoogleTest: [
    '[  PASSED  ] 2 tests.\n[  SKIPPED ] 1 test, listed below:\n[  FAILED  ] 1 test, listed below:\n',
    [2, 1, 1],
  ],
  Cucumber: ['3 scenarios (1 failed, 1 undefined, 1 passed)\n9 steps (1 failed, 8 passed)\n', [1, 2, 0]],
};

describe('counts are read from', () => {
  test.each(Object.entries(OUTPUTS))('%s', (_runner, [output, [passed, failed, skipped]]) => {
    expect(countTests(output, { whole: true })).toMatchObject({
      passed,
      failed,
      skipped,
      total: passed + failed + skipped,
    });
  });
});

test.each<[what: string, output: string, found: object]>([
  ['a run that did not end', 'Running 4 tests using 2 workers\n', { missing: 4, failed: 0 }],
  ['TAP that ended before its plan', '1..5\nok 1\nok 2\n', { passed: 2, missing: 3, failed: 0 }],
  ['TAP that gave up', '1..5\nok 1\nBail out! no database\n', { missing: 4, failed: 0 }],
  ['a test binary without a result', 'running 3 tests\ntest a ... ok\n', { missing: 3, failed: 0 }],
  [
    'pytest that somebody has stopped',
    '!!!!!! KeyboardInterrupt !!!!!!\n=== 2 passed in 0.1s ===\n',
    { passed: 2, missing: 1 },
  ],
])('what was announced and did not end is told: %s', (_what, output, found) => {
  expect(countTests(output, { whole: true })).toMatchObject(found);
});

test('a failed test is told, also where the numbers are not all there', () => {
  const failed = (output: string, whole = true) => countTests(output, { whole });
  expect(failed('--- FAIL: TestB (0.00s)\nFAIL\nFAIL\texample\t0.002s\nok  \texample/a\t0.002s\n')).toMatchObject({
    failed: 1,
    partial: true,
  });
  expect(failed('      Tests  1 failed | 3 passed (9)\n')).toMatchObject({ failed: 1, partial: true });
  expect(failed('not ok 2 - sums\n')).toMatchObject({ failed: 1, partial: true });
  expect(
    failed('test result: FAILED. 5 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out\n', false),
  ).toMatchObject({ failed: 1, partial: true });
});

test('what a test has printed is no count of its own', () => {
  expect(
    countTests('stdout | a.test.ts > reads TAP\nnot ok 1 - a\n      Tests  1 passed (1)\n', { whole: true }),
  ).toMatchObject({ passed: 1, failed: 0 });
});

test.each([
  ['numbers that contradict one another', '# tests 5\n# pass 3\n# fail 0\n', true],
  ['vitest whose numbers contradict one another', '      Tests  0 passed (5)\n', true],
  ['jest whose numbers contradict one another', 'Tests:       0 failed, 5 total\n', true],
  ['unittest without a verdict', 'Ran 3 tests in 0.001s\n', true],
  ['nothing, of which a part is missing', '# tests 0\n# pass 0\n# fail 0\n', false],
  ['TAP that a test of another runner has printed', 'ok 1 - a\nok 2 - b\n', true],
  ['words that look like a list', '3 files in 0.1s\nnot ok to go on\n', true],
  ['a script that counts nothing', 'all good\nTests are nice (3)\n', true],
  ['go test, which does not tell what passes', 'ok  \texample\t0.002s\n', true],
  [
    'a sum of which a part is missing',
    'test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n',
    false,
  ],
])('nothing is made up for %s', (_what, output, whole) => {
  expect(countTests(output, { whole })).toBeNull();
});
