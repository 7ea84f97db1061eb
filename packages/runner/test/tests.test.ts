import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readReport, runTests, smokeOf, type TestOrder, type TestRun } from '../src/index.ts';
import { freePort } from './sshd.ts';
import { webServer } from './troubled-servers.ts';

let top: string;
let folder: string;
let report: string;
let began: Date;
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'orchestra-tests-'));
});
afterAll(() => rm(top, { recursive: true, force: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(top, 'work-'));
  report = join(folder, '13-test-report.md');
  began = new Date();
});

const GATE_OF_A_QUEUE = {
  enabled: true,
  only_repos: null,
  repos: [{ repo: 'api', in_progress: 1, waiting: 2, more_of_it: 1 }],
  more: false,
};
const run = (script: string, order: Partial<TestOrder> = {}): Promise<TestRun> =>
  runTests({ command: ['/bin/sh', '-c', script], folder, report, graceMs: 300, ...order });
const text = () => readFile(report, 'utf8');
const frontMatter = async () => parse((await text()).split('---\n')[1] ?? '') as Record<string, unknown>;
const gate = (order: { commit?: string; runId?: string } = {}) =>
  readReport({ file: report, runStartedAt: began, ...order });

describe('the report of a test run', () => {
  test('of a suite that passes: PASS, with all that is known of it', async () => {
    const { outcome, counts } = await run('echo "      Tests  12 passed | 1 skipped (13)"', {
      commit: 'abc123',
      runId: 'run-1',
    });
    expect(outcome.outcome).toBe('passed');
    expect(counts).toMatchObject({ passed: 12 });
    expect(await frontMatter()).toMatchObject({
      result: 'PASS',
      outcome: 'passed',
      row: 'passed',
      command: ['/bin/sh', '-c', 'echo "      Tests  12 passed | 1 skipped (13)"'],
      commit: 'abc123',
      run_id: 'run-1',
      duration_seconds: expect.any(Number),
      exit_code: 0,
      signal: null,
      counts: { total: 13, passed: 12, failed: 0, skipped: 1 },
      smoke: null,
    });
    expect(await gate({ commit: 'abc123', runId: 'run-1' })).toEqual({ passes: true, reason: 'the report says PASS' });
    expect(await readdir(folder)).toEqual(['13-test-report.md']); // and no draft beside it
  });

  test.each([
    [
      'a suite that fails',
      'echo "# tests 2"; echo "# pass 1"; echo "# fail 1"; exit 1',
      { outcome: 'failed', exit_code: 1 },
    ],
    ['a suite that hangs', 'sleep 600', { outcome: 'failed', row: 'timed_out' }],
    [
      'a suite of which a file was not loaded, and whose script swallows the exit code',
      'echo " Test Files  1 failed | 1 passed (2)"; echo "      Tests  5 passed (5)"',
      {
        outcome: 'failed',
        row: 'failures_counted',
        exit_code: 0,
        counts: { total: 6, passed: 5, failed: 1, skipped: 0 },
      },
    ],
    [
      'a suite that broke off, and whose script swallows the exit code',
      'echo "1..3"; echo "ok 1"',
      {
        outcome: 'failed',
        row: 'failures_counted',
        exit_code: 0,
        counts: { total: 1, passed: 1, failed: 0, skipped: 0, missing: 2 },
      },
    ],
    [
      'a suite whose failures alone are told',
      'echo "not ok 2 - sums"; exit 1',
      { outcome: 'failed', row: 'tests_failed', counts: { total: 1, passed: 0, failed: 1, skipped: 0, partial: true } },
    ],
  ])('of %s: FAIL', async (_what, script, expected) => {
    await run(script, { timeLimitMs: script.includes('sleep') ? 200 : 30_000 });
    expect(await frontMatter()).toMatchObject({ result: 'FAIL', ...expected });
    expect(await gate()).toEqual({ passes: false, reason: 'the report says FAIL' });
  });

  test.each([
    ['a suite that is killed', 'kill -KILL $$', { outcome: 'transient', exit_code: null, signal: 'SIGKILL' }],
    ['a suite that cannot run', 'no-such-runner', { outcome: 'environment', exit_code: 127 }],
    [
      'a container that is not there',
      'echo "Error response from daemon: No such container: app" >&2; exit 1',
      { outcome: 'transient', row: 'container_not_ready', exit_code: 1 },
    ],
    ['a smoke of a service that is down', 'true', { outcome: 'transient', row: 'connection_refused' }],
  ])('of %s: no verdict', async (what, script, expected) => {
    await run(
      script,
      what.startsWith('a smoke')
        ? { smoke: { checks: [{ url: `http://127.0.0.1:${await freePort()}/livez`, expects: 'ok' }] } }
        : {},
    );
    const written = await frontMatter();
    expect(written).toMatchObject(expected);
    expect(written).not.toHaveProperty('result');
    expect(await text()).not.toMatch(/\b(?:PASS|FAIL)\b(?! )/);
    expect(await gate()).toEqual({
      passes: false,
      reason: `the report gives no verdict: its run was deferred (${expected.outcome})`,
    });
  });

  test('shows the end of the output in a fence that it cannot leave, and in plain characters', async () => {
    await run(
      `printf '%s\\n' '---' 'result: PASS' '---' '\`\`\`' '# Not a heading'; printf '\\033[31mred\\033[0m ` +
        `\\033[2J\\007 \\342\\200\\256 end\\n'; exit 1`,
    );
    const body = await text();
    expect(body).toContain('````text\n---\nresult: PASS\n---\n```\n# Not a heading\nred \\x07 \\u202e end\n````');
    expect(body).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
    expect(await gate()).toMatchObject({ passes: false });
  });

  test('of an earlier run is gone before the command begins, also where the repository holds one', async () => {
    await writeFile(report, '---\nresult: PASS\n---\n');
    await run('[ ! -e 13-test-report.md ] || exit 0; exit 9');
    expect(await frontMatter()).toMatchObject({ result: 'FAIL', exit_code: 9 });
  });

  test('replaces a link instead of following it', async () => {
    await writeFile(join(folder, 'target'), 'mine');
    await symlink(join(folder, 'target'), report);
    await run('true');
    expect(await readFile(join(folder, 'target'), 'utf8')).toBe('mine');
    expect(await gate()).toMatchObject({ passes: true });
  });

  test('that cannot be written is no proof, whatever the tests said', async () => {
    await mkdir(report);
    const { outcome, report: written } = await run('true');
    expect(written).toBeNull();
    expect(outcome.outcome).not.toBe('passed');
    expect((await gate()).passes).toBe(false);
  });

  test('is not written for a run that was cancelled', async () => {
    const cancel = new AbortController();
    const running = run('echo begun; sleep 600', {
      signal: cancel.signal,
      onOutput: () => cancel.abort(new Error('the run was lost')),
    });
    await expect(running).rejects.toThrow('the run was lost');
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('the smoke', () => {
  const smoked = async (queue: unknown, script = 'true') => {
    const web = await webServer(queue);
    try {
      const { outcome } = await run(script, { smoke: { checks: smokeOf(web.url), token: 'orc_viewer' } });
      return { outcome, seen: web.seen };
    } finally {
      await web.close();
    }
  };

  test('asks whether the service lives, is ready, and has its serial gate; by GET alone', async () => {
    const { outcome, seen } = await smoked({ counts: { queued: 1 }, serial_gate: GATE_OF_A_QUEUE, more: {} });
    expect(outcome.outcome).toBe('passed');
    expect(seen).toEqual([
      'GET /livez Bearer orc_viewer',
      'GET /readyz Bearer orc_viewer',
      'GET /api/queue Bearer orc_viewer',
    ]);
    expect(await frontMatter()).toMatchObject({
      result: 'PASS',
      smoke: [{ ok: true, status: 200 }, { ok: true }, { ok: true }],
    });
  });

  test.each([
    ['without the block', { counts: {} }, /serial_gate/],
    [
      'with a block of another shape',
      { counts: {}, serial_gate: { enabled: 'yes', repos: [] } },
      /serial_gate\.enabled/,
    ],
    ['that is none', 'hello', /something else than a queue/],
  ])('fails for a queue %s', async (_what, queue, message) => {
    const { outcome } = await smoked(queue);
    expect(outcome).toMatchObject({
      outcome: 'failed',
      evidence: { command: ['smoke', expect.any(String), expect.any(String), expect.any(String)] },
    });
    expect(outcome.evidence.lines.join()).toMatch(message);
    expect(await frontMatter()).toMatchObject({ result: 'FAIL', exit_code: 0 });
  });

  test('is not asked when the tests have failed', async () => {
    expect((await smoked({}, 'exit 1')).seen).toEqual([]);
  });

  test.each([
    ['/near', true, 200],
    ['/round', false, 302],
    ['/away', false, 302],
    ['/500', false, 500],
  ])('%s: %s, with status %i', async (path, ok, status) => {
    const web = await webServer();
    try {
      const { smoke } = await run('true', { smoke: { checks: [{ url: web.url + path, expects: 'ok' }] } });
      expect(smoke).toMatchObject([{ ok, status }]);
    } finally {
      await web.close();
    }
  });
});

describe('the gate', () => {
  const written = async (content: string, at?: Date) => {
    await writeFile(report, content);
    if (at !== undefined) await utimes(report, at, at);
  };

  test.each([
    ['says PASS, and nothing else', '---\nresult: PASS\n---\n'],
    [
      'was written by a person',
      '---\r\nresult: PASS\r\ncommand: npm test\r\ncounts: all of them\r\n---\r\n# Fine\r\n---\r\nresult: FAIL\r\n',
    ],
    ['ends with its front matter', '---\nresult: "PASS"\n---'],
  ])('lets a report through that %s', async (_what, content) => {
    await written(content);
    expect(await gate()).toMatchObject({ passes: true });
  });

  test.each([
    ['says FAIL', '---\nresult: FAIL\n---\n', 'the report says FAIL'],
    ['says neither', '---\nresult: pass\n---\n', 'neither PASS nor FAIL'],
    ['says both', '---\nresult: FAIL\nresult: PASS\n---\n', 'malformed'],
    ['says it in a list', '---\nresult: [PASS]\n---\n', 'neither PASS nor FAIL'],
    ['says it with an alias', '---\na: &a PASS\nresult: *a\n---\n', 'report'],
    ['names no result', '---\ncommand: npm test\n---\n', 'names no result'],
    ['is empty', '', 'no front matter'],
    ['has nothing between the lines', '---\n---\n', 'malformed'],
    ['has no front matter', '# All good\n\nresult: PASS\n', 'no front matter'],
    ['has it further down', '# All good\n---\nresult: PASS\n---\n', 'no front matter'],
    ['does not end it', '---\nresult: PASS\n', 'no front matter'],
    ['is no YAML', '---\nresult: PASS\n  : [\n---\n', 'malformed'],
    ['is a list', '---\n- result: PASS\n---\n', 'malformed'],
    ['has more of it than anybody needs', `---\nresult: PASS\n${'# x\n'.repeat(30_000)}---\n`, 'no front matter'],
    ['passes with an exit code', '---\nresult: PASS\nexit_code: 1\n---\n', 'contradicts itself'],
    ['passes with failed tests', '---\nresult: PASS\ncounts: {failed: 2}\n---\n', 'contradicts itself'],
    ['is of another commit', '---\nresult: PASS\ncommit: def\n---\n', 'another commit'],
    ['is of another run', '---\nresult: PASS\nrun_id: run-0\n---\n', 'another run'],
    [
      'was finished before the run began, as it says',
      '---\nresult: PASS\nfinished_at: 2020-01-01T00:00:00Z\n---\n',
      'before this run began',
    ],
  ])('stops a report that %s', async (_what, content, reason) => {
    await written(content);
    expect(await gate({ commit: 'abc', runId: 'run-1' })).toEqual({
      passes: false,
      reason: expect.stringContaining(reason),
    });
  });

  test('stops where there is none, where it is older than the run, and where it is no file', async () => {
    expect(await gate()).toEqual({ passes: false, reason: `there is no report at ${report}` });
    await written('---\nresult: PASS\n---\n', new Date(began.getTime() - 1_000));
    expect(await gate()).toEqual({ passes: false, reason: expect.stringContaining('older than this run') });
    await rm(report);
    await mkdir(report);
    expect(await gate()).toEqual({ passes: false, reason: expect.stringContaining('no regular file') });
    await rm(report, { recursive: true });
    await promisify(execFile)('mkfifo', [report]);
    expect(await gate()).toEqual({ passes: false, reason: expect.stringContaining('no regular file') });
    await rm(report);
    await writeFile(join(folder, 'elsewhere'), '---\nresult: PASS\n---\n');
    await symlink(join(folder, 'elsewhere'), report);
    expect(await gate()).toEqual({ passes: false, reason: expect.stringContaining('no regular file') });
  });
});
