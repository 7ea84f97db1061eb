import { describe, expect, test } from 'vitest';
import { countTests } from './test-counts.ts';

const OUTPUTS: Readonly<Record<string, readonly [output: string, counts: readonly [passed: number, failed: number, skipped: number]]>> = {
  'vitest': [' Test Files  1 failed | 3 passed (4)\n      Tests  1 failed | 12 passed | 2 skipped | 1 todo (16)\n   Start at  10:00:00\n', [12, 1, 3]],
  'vitest in colours': ['\u001B[2m      Tests \u001B[22m \u001B[1m\u001B[32m64 passed\u001B[39m\u001B[22m\u001B[90m (64)\u001B[39m\n', [64, 0, 0]],
  'vitest without tests': ['No test files found\n      Tests  no tests\n', [0, 0, 0]],
  'jest': ['Test Suites: 1 failed, 1 total\nTests:       1 failed, 2 skipped, 5 passed, 8 total\nSnapshots:   0 total\n', [5, 1, 2]],
  'node:test, as it is read': ['ℹ tests 5\nℹ suites 1\nℹ pass 3\nℹ fail 1\nℹ cancelled 1\nℹ skipped 0\nℹ todo 0\nℹ duration_ms 5.2\n', [3, 2, 0]],
  'node:test as TAP': ['TAP version 13\nok 1 - a\n1..1\n# tests 4\n# suites 0\n# pass 2\n# fail 0\n# cancelled 0\n# skipped 1\n# todo 1\n', [2, 0, 2]],
  'pytest': ['=========================== short test summary info ============================\nFAILED t.py::a - assert\n=============== 1 failed, 3 passed, 2 skipped, 1 error in 0.12s ================\n', [3, 2, 2]],
  'pytest -q': ['..F\n1 failed, 2 passed in 0.03s\n', [2, 1, 0]],
  'pytest without tests': ['============================ no tests ran in 0.01s =============================\n', [0, 0, 0]],
  'go test -v': ['=== RUN   TestA\n--- PASS: TestA (0.00s)\n=== RUN   TestB\n=== RUN   TestB/sub\n    --- FAIL: TestB/sub (0.00s)\n--- FAIL: TestB (0.00s)\n=== RUN   TestC\n--- SKIP: TestC (0.00s)\nFAIL\nFAIL\texample\t0.002s\n', [1, 1, 1]],
  'cargo test, each part on its own': ['test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\n   Doc-tests x\n\ntest result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s\n', [6, 2, 1]],
  'mocha': ['  5 passing (10ms)\n  1 pending\n  2 failing\n\n  1) sums\n', [5, 2, 1]],
  'two runs after another: the last': ['      Tests  3 passed (3)\n      Tests  1 passed | 1 skipped (2)\n', [1, 0, 1]],
};

describe('counts are read from', () => {
  test.each(Object.entries(OUTPUTS))('%s', (_runner, [output, [passed, failed, skipped]]) => {
    expect(countTests(output, { whole: true })).toMatchObject({ passed, failed, skipped, total: passed + failed + skipped });
  });
});

test.each([
  ['a script that counts nothing', 'all good\nTests are nice (3)\n', true],
  ['go test, which does not tell what passes', 'ok  \texample\t0.002s\n', true],
  ['a sum of which a part is missing', 'test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n', false],
])('nothing is made up for %s', (_what, output, whole) => {
  expect(countTests(output, { whole })).toBeNull();
});
