import type { RunnerOutcome } from '@orchestra/task-queue/contract';
import { stringify } from 'yaml';
import type { TestCounts } from '../outcome/test-counts.ts';
import { fenced, plainText } from './plain-text.ts';
import type { SmokeResult } from './smoke.ts';

/** The file that a test stage leaves, and that its gate reads. */
export const TEST_REPORT_FILE = '13-test-report.md';

export interface TestReport {
  outcome: RunnerOutcome;
  command: readonly string[];
  commit: string | null;
  runId: string | null;
  startedAt: Date;
  finishedAt: Date;
  durationMs: number;
  exitCode: number | null;
  signal: string | null;
  counts: TestCounts | null;
  memoryPeakBytes: number | null;
  /** null: none was asked for, or the tests did not pass. */
  smoke: readonly SmokeResult[] | null;
  tail: string;
}

/**
 * The report as text: front matter for gates, the rest for people. A run that was deferred, because of its environment
 * or of a passing disturbance, gives no verdict about the code.
 */
export function testReportText(report: TestReport): string {
  const {
    outcome: { outcome, evidence },
    counts,
    smoke,
  } = report;
  const result = outcome === 'passed' ? 'PASS' : outcome === 'failed' ? 'FAIL' : null;
  const frontMatter = stringify(
    {
      ...(result === null ? {} : { result }),
      outcome,
      row: evidence.row,
      command: [...report.command],
      commit: report.commit,
      run_id: report.runId,
      started_at: report.startedAt.toISOString(),
      finished_at: report.finishedAt.toISOString(),
      duration_seconds: Math.round(report.durationMs) / 1_000,
      exit_code: report.exitCode,
      signal: report.signal,
      counts:
        counts === null
          ? null
          : {
              total: counts.total,
              passed: counts.passed,
              failed: counts.failed,
              skipped: counts.skipped,
              ...(counts.missing === undefined ? {} : { missing: counts.missing }),
              ...(counts.partial === undefined ? {} : { partial: counts.partial }),
            },
      memory_peak_bytes: report.memoryPeakBytes,
      smoke: smoke === null ? null : smoke.map(({ url, ok, status }) => ({ url: plainText(url), ok, status })),
    },
    { lineWidth: 0 },
  );
  const decided = [
    evidence.says,
    ...(evidence.fix === null ? [] : [`to repair: ${evidence.fix}`]),
    ...evidence.lines.map((line) => `> ${line}`),
  ];
  return [
    `---\n${frontMatter}---\n`,
    `# Tests: ${result ?? 'deferred, no verdict'}\n`,
    `Row \`${evidence.row}\` of the outcome table decided: ${outcome}.\n`,
    `${fenced(decided.join('\n'))}\n`,
    ...(smoke === null
      ? []
      : [
          '## Smoke\n',
          `${fenced(smoke.map(({ ok, says, duration_ms }) => `${ok ? 'ok  ' : 'FAIL'} ${says}, after ` + `${duration_ms} ms`).join('\n'))}\n`,
        ]),
    '## The end of its output\n',
    `${fenced(report.tail.trim() === '' ? '(it printed nothing)' : report.tail)}\n`,
  ].join('\n');
}
