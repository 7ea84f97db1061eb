import { constants } from 'node:os';
import { EVIDENCE_LINE_CHARS_MAX, EVIDENCE_LINES_MAX, type RunnerOutcome } from '@orchestra/task-queue/contract';
import { OUTCOME_TABLE } from '../outcome-table.ts';
import type { StartProblem } from '../process/start-problem.ts';
import type { OutcomeCondition, OutcomeRow } from './outcome-row.ts';
import { ownWords } from './own-words.ts';
import { shortText } from './short-text.ts';
import { linesOf } from './summaries/streams.ts';
import type { TestCounts } from './test-counts.ts';

/** How a command ended, as far as an outcome depends on it. */
export interface CommandFacts {
  readonly command: readonly string[];
  /** What it is called where it is spoken of; the program unless given. */
  readonly named?: string | undefined;
  readonly why: 'exited' | 'time-limit' | 'not-started';
  readonly startProblem: Pick<StartProblem, 'code' | 'missing' | 'message'> | null;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly durationMs: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What its summary of tests says, if it has one. */
  readonly counts?: TestCounts | null | undefined;
}

// What is longer is no message of a tool, and a project's pattern should not chew on it.
const LINE_CHARS_MAX = 2_000;
const LAST_LINES = 10;
// Behind what a command says at its end there may be what npm, pnpm or make say of it.
const LAST_WORDS = 20;
const TEXT_CHARS_MAX = 2_000;
const WORDS_MAX = 200;

/** What this end means, by the first row that fits, with the evidence. Pure. */
export function judgeOutcome(facts: CommandFacts, table: readonly OutcomeRow[] = OUTCOME_TABLE): RunnerOutcome {
  const [stdout, stderr] = [printed(facts.stdout), printed(facts.stderr)];
  const [ours, theirs] = [withLast(ownWords(stdout), ownWords(stderr)), withLast(stdout, stderr)];
  for (const row of table) {
    // A project's rows see every line: what a report says may be what they look for.
    const matched = fits(row.when, facts, OUTCOME_TABLE.includes(row) ? ours : theirs);
    if (matched === undefined) continue;
    const counted = row.when.counted !== undefined;
    return outcomeBy(
      row,
      facts,
      matched,
      matched.length > 0 && !counted ? matched : [...new Set([...matched, ...lastLines(stdout, stderr)])],
    );
  }
  return outcomeBy(NO_ROW, facts, [], lastLines(stdout, stderr)); // a table without an end: never passed
}

const NO_ROW: OutcomeRow = {
  name: 'no_row',
  when: {},
  outcome: 'failed',
  says: 'no row of the outcome table fits the end of {program}',
  fix: null,
};

interface Printed {
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** The last lines of both. */
  readonly last: readonly string[];
}

/** The lines that matched, none where the row asks for no line; undefined: it does not fit. */
function fits(when: OutcomeCondition, facts: CommandFacts, { stdout, stderr, last }: Printed): string[] | undefined {
  if ((facts.why === 'time-limit') !== (when.timed_out === true)) return undefined;
  // The end of a command is more than its output: one that passed, or never began, is judged by rows that say so.
  if (facts.exitCode === 0 && facts.why === 'exited' && when.exit_code?.includes(0) !== true) return undefined;
  const { startProblem } = facts;
  if (
    when.start_error !== undefined &&
    !(startProblem !== null && (when.start_error.includes('*') || when.start_error.includes(startProblem.code ?? '')))
  )
    return undefined;
  if (when.missing !== undefined && startProblem?.missing !== when.missing) return undefined;
  if (when.exit_code !== undefined && !(facts.exitCode !== null && when.exit_code.includes(facts.exitCode)))
    return undefined;
  if (
    when.signal !== undefined &&
    !when.signal.some(
      (signal) => facts.signal === signal || facts.exitCode === 128 + (constants.signals[signal] ?? Number.NaN),
    )
  )
    return undefined;
  if (when.counted === 'failures' && !failuresCounted(facts)) return undefined;
  if (
    when.counted === 'nothing' &&
    !(facts.counts && facts.counts.passed + facts.counts.failed + (facts.counts.missing ?? 0) === 0)
  )
    return undefined;
  const matched: string[] = when.counted === undefined ? [] : [facts.counts?.line ?? ''];
  for (const [patterns, lines] of [
    [when.stderr, stderr],
    [when.last_words, last],
    [when.stdout, stdout],
  ] as const) {
    if (patterns === undefined) continue;
    const found = lines.filter((line) => patterns.some((pattern) => pattern.test(line)));
    if (found.length === 0) return undefined;
    matched.push(...found);
  }
  return matched;
}

/** What was announced and did not end is the suite's failure only where nothing else ended it: with exit code 0. */
function failuresCounted({ counts, exitCode, why }: CommandFacts): boolean {
  return (
    counts !== undefined &&
    counts !== null &&
    counts.failed + (exitCode === 0 && why === 'exited' ? (counts.missing ?? 0) : 0) > 0
  );
}

function outcomeBy(
  row: OutcomeRow,
  facts: CommandFacts,
  matched: readonly string[],
  lines: readonly string[],
): RunnerOutcome {
  const program = facts.named ?? facts.command[0] ?? '';
  const values: Readonly<Record<string, string>> = {
    program,
    exit_code: String(facts.exitCode ?? 'none'),
    signal: facts.signal ?? signalOfShell(facts.exitCode) ?? 'none',
    problem: facts.startProblem?.message ?? '',
    line: matched[0] ?? '',
  };
  const filled = (text: string) =>
    shortText(
      text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole),
      TEXT_CHARS_MAX,
    );
  return {
    outcome: row.outcome,
    evidence: {
      row: row.name,
      says: filled(row.says),
      fix: row.fix === null ? null : filled(row.fix),
      command: facts.command.slice(0, WORDS_MAX).map((word) => shortText(word, TEXT_CHARS_MAX)),
      exit_code: facts.exitCode,
      signal: facts.signal,
      duration_ms: Math.max(0, Math.round(facts.durationMs)),
      lines: lines.slice(0, EVIDENCE_LINES_MAX).map((line) => shortText(line, EVIDENCE_LINE_CHARS_MAX)),
    },
  };
}

function signalOfShell(exitCode: number | null): string | undefined {
  return exitCode === null || exitCode <= 128
    ? undefined
    : Object.entries(constants.signals).find(([, number]) => number === exitCode - 128)?.[0];
}

function withLast(stdout: readonly string[], stderr: readonly string[]): Printed {
  return { stdout, stderr, last: [...stderr.slice(-LAST_WORDS), ...stdout.slice(-LAST_WORDS)] };
}

function printed(text: string): string[] {
  return linesOf(text)
    .map((line) => line.slice(0, LINE_CHARS_MAX).trimEnd())
    .filter((line) => line !== '');
}

/** Where no line decided, the end of the output is what there is to see. */
function lastLines(stdout: readonly string[], stderr: readonly string[]): readonly string[] {
  return (stderr.length > 0 ? stderr : stdout).slice(-LAST_LINES);
}
