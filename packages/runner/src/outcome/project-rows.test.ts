import { describe, expect, test } from 'vitest';
import { OUTCOME_TABLE } from '../outcome-table.ts';
import { judgeOutcome, type CommandFacts } from './judge-outcome.ts';
import { extendedTable, OutcomeRowsError } from './project-rows.ts';

const facts = (rest: Partial<CommandFacts> = {}): CommandFacts => ({
  command: ['npm', 'test'],
  why: 'exited',
  startProblem: null,
  exitCode: 1,
  signal: null,
  durationMs: 12.4,
  stdout: '',
  stderr: '',
  ...rest,
});

const LICENCES = `
outcomes:
  - name: no_licence_left
    when: { exit_code: 77, stderr: "^LM-[0-9]+: no licence" }
    outcome: transient
    says: "no licence was free: {line}"
    fix: wait, or buy another one
`;

describe("a project's own rows", () => {
  test('come first, and leave the rest as it is', () => {
    const table = extendedTable(LICENCES);
    expect(table.slice(1)).toEqual(OUTCOME_TABLE);
    expect(judgeOutcome(facts({ exitCode: 77, stderr: 'x\nLM-4: no licence for sim\n' }), table)).toMatchObject({
      outcome: 'transient',
      evidence: {
        row: 'no_licence_left',
        says: 'no licence was free: LM-4: no licence for sim',
        fix: 'wait, or buy another one',
        lines: ['LM-4: no licence for sim'],
      },
    });
    expect(judgeOutcome(facts({ exitCode: 77 }), table)).toMatchObject({
      outcome: 'failed',
      evidence: { row: 'unknown' },
    });
  });

  test('may be JSON, and may look at stdout', () => {
    const table = extendedTable(
      JSON.stringify({
        outcomes: [{ name: 'no_sim', when: { stdout: ['no simulator'] }, outcome: 'environment', says: 's' }],
      }),
    );
    expect(judgeOutcome(facts({ stdout: 'no simulator here' }), table).outcome).toBe('environment');
  });

  test('say nothing about exit code 0 and about our time limit, unless they name them', () => {
    const table = extendedTable(
      'outcomes: [{name: any_warning, when: {stderr: warning}, outcome: environment, says: s}, {name: ' +
        'slow_lab, when: {timed_out: true, stderr: "lab is slow"}, outcome: transient, says: s}]',
    );
    expect(judgeOutcome(facts({ exitCode: 0, stderr: 'warning' }), table).outcome).toBe('passed');
    expect(
      judgeOutcome(facts({ why: 'time-limit', exitCode: null, signal: 'SIGTERM', stderr: 'warning' }), table),
    ).toMatchObject({ outcome: 'failed', evidence: { row: 'timed_out' } });
    expect(
      judgeOutcome(facts({ why: 'time-limit', exitCode: null, signal: 'SIGTERM', stderr: 'the lab is slow' }), table)
        .outcome,
    ).toBe('transient');
  });

  test.each([
    [
      'an outcome that only exit code 0 has',
      'outcomes: [{name: a, when: {exit_code: 3}, outcome: passed, says: s}]',
      'only exit code 0 passes',
    ],
    ['no condition', 'outcomes: [{name: a, when: {}, outcome: failed, says: s}]', 'must say when'],
    [
      'a pattern that is none',
      'outcomes: [{name: a, when: {stderr: "("}, outcome: failed, says: s}]',
      'Invalid regular expression',
    ],
    [
      'a name that is taken',
      'outcomes: [{name: disk_full, when: {exit_code: 3}, outcome: failed, says: s}]',
      'two outcome rows named disk_full',
    ],
    ['a field that nobody knows', 'outcomes: [{name: a, when: {exitcode: 3}, outcome: failed, says: s}]', 'exitcode'],
    ['no YAML', 'outcomes: [', 'cannot be read'],
    [
      'an alias',
      'outcomes: [&a {name: a, when: {exit_code: 3}, outcome: failed, says: s}, *a]',
      'aliases are not taken',
    ],
    ['too much', `outcomes: [] # ${'x'.repeat(300_000)}`, 'at most 256 KiB'],
  ])('with %s are refused', (_what, text, message) => {
    expect(() => extendedTable(text)).toThrow(OutcomeRowsError);
    expect(() => extendedTable(text)).toThrow(message);
  });
});

describe('what is plainly a report about tests', () => {
  test.each([
    '  ✕ says EACCES when a file cannot be opened',
    '  ● says ECONNREFUSED',
    '    Expected: "EACCES: permission denied"',
    '    Received: "connect ECONNREFUSED 127.0.0.1:1"',
    "    > 2 | test('says EACCES', () => {",
    'AssertionError: expected "ENOSPC" to be "EACCES: permission denied"',
    '    - EACCES: permission denied',
    "+ 'Permission denied'",
    '    at open (/srv/EACCES.js:2:3)',
    'FAIL: test_permission_denied (t.T.test_permission_denied)',
    "thread 'perm' panicked at t.rs:1:1: Permission denied",
    '  left: "Permission denied (os error 13)"',
    'E   AssertionError: Permission denied',
    '--- FAIL: TestConnectionRefused (0.00s)',
    'not ok 1 - connection refused',
    'test connection_refused ... FAILED',
    '    console.error\n      connect ECONNREFUSED 127.0.0.1:1\n      more of it: ENOSPC',
    'stderr | a.test.js > opens\nEACCES: permission denied',
    "throw new Error('EACCES: permission denied')\n      ^",
    '  File "t.py", line 2, in test\n    raise PermissionError("Permission denied")',
    '  1) says that the connection was refused: Connection refused',
  ])("is not the machine's own trouble: %s", (line) => {
    expect(judgeOutcome(facts({ stderr: `${line}\n` }))).toMatchObject({
      outcome: 'failed',
      evidence: { row: 'suite_failed' },
    });
  });

  test('and its own words count all the same', () => {
    expect(
      judgeOutcome(facts({ stderr: '  ✕ opens\nError: connect ECONNREFUSED 127.0.0.1:5432\n' })).evidence.row,
    ).toBe('connection_refused');
    expect(
      judgeOutcome(facts({ stderr: "PermissionError: [Errno 13] Permission denied: '/srv/x'\n" })).evidence.row,
    ).toBe('no_permission');
  });

  test("is seen by a project's own rows", () => {
    const table = extendedTable(
      'outcomes: [{name: lost_lab, when: {stderr: "✗ the lab is reached"}, outcome: transient, says: s}, ' +
        '{name: lost_sim, when: {last_words: "✗ the simulator"}, outcome: transient, says: s}]',
    );
    expect(judgeOutcome(facts({ stderr: '✗ the lab is reached\n' }), table).evidence.row).toBe('lost_lab');
    expect(judgeOutcome(facts({ stdout: '✗ the simulator\n' }), table).evidence.row).toBe('lost_sim');
  });

  test('a failed test that was counted decides before every word, and says which', () => {
    const counts = { total: 3, passed: 2, failed: 1, skipped: 0, line: 'Tests: 1 failed, 2 passed, 3 total' };
    expect(judgeOutcome(facts({ stderr: 'connect ECONNREFUSED\nbye\n', counts }))).toMatchObject({
      outcome: 'failed',
      evidence: {
        row: 'tests_failed',
        says: expect.stringContaining(counts.line),
        lines: [counts.line, 'connect ECONNREFUSED', 'bye'],
      },
    });
    // What did not end may have been ended: by a signal, or by what stderr tells of.
    const broken = { total: 2, passed: 2, failed: 0, skipped: 0, missing: 3, line: '1..5' };
    expect(judgeOutcome(facts({ exitCode: null, signal: 'SIGKILL', counts: broken })).outcome).toBe('transient');
    expect(judgeOutcome(facts({ exitCode: 0, counts: broken }))).toMatchObject({
      outcome: 'failed',
      evidence: { row: 'failures_counted' },
    });
  });
});

describe('evidence', () => {
  test('is cut to what can be kept, whatever was printed', () => {
    const { evidence } = judgeOutcome(
      facts({ command: ['x'.repeat(5_000)], stderr: `${'\0\uD800 ENOSPC '.repeat(1_000)}\n`.repeat(100) }),
    );
    expect(evidence.lines).toHaveLength(20);
    expect(Math.max(...evidence.lines.map((line) => line.length))).toBeLessThanOrEqual(500);
    expect(JSON.stringify(evidence)).not.toMatch(/\\u0000|\\ud800/i);
    expect(JSON.stringify(evidence).length).toBeLessThan(40_000);
  });

  test('where no line decided, shows the last ones', () => {
    expect(judgeOutcome(facts({ stderr: 'one\n\u001B[31mtwo\u001B[39m\n' })).evidence.lines).toEqual(['one', 'two']);
    expect(judgeOutcome(facts({ stdout: 'only here\n' })).evidence.lines).toEqual(['only here']);
  });

  test('of a table that has no row for it: failed, never passed', () => {
    expect(judgeOutcome(facts({ exitCode: 0 }), []).outcome).toBe('failed');
    expect(
      judgeOutcome(facts({ exitCode: 0 }), [{ name: 'all', when: {}, outcome: 'passed', says: 's', fix: null }])
        .outcome,
    ).toBe('failed');
  });
});

describe("a suite that really failed is not taken for an environment's fault when its stderr says", () => {
  test.each([
    'AssertionError: expected 200, got 401 Unauthorized',
    'Error: Test timed out in 5000ms.',
    'expected "not found" to be "found"',
    '✗ returns 404 when the user is not found',
    'TypeError: cannot read properties of undefined',
    'expected [Error: permission] to equal …',
    'bash: -c: line 1: unexpected EOF while looking for matching `"\'',
    '--- FAIL: TestTimeout (0.00s)',
    'Timeout 30000ms exceeded while waiting for locator',
    '   ✓ refuses a connection that is too old',
    "Cannot find module './sum.js'",
    'npm error Missing script: "test"',
  ])('%s', (line) => {
    expect(judgeOutcome(facts({ stderr: `${line}\n` }))).toMatchObject({
      outcome: 'failed',
      evidence: { row: 'suite_failed' },
    });
  });
});
