import type { OutcomeKind } from '@orchestra/task-queue/contract';
import type { Missing } from '../process/start-problem.ts';

/** What must hold for a row to decide. All of what is given must; of a list, one. */
export interface OutcomeCondition {
  /** Ended by our own time limit. No other row decides about that. */
  readonly timed_out?: true;
  /** The system's code for why it could not be started; `*`: any. */
  readonly start_error?: readonly string[];
  readonly missing?: Missing;
  /** 0 only where it is named: no other row decides about that. */
  readonly exit_code?: readonly number[];
  /** Ended by this signal; also as shells tell it of what they run, by the exit code 128 + n. */
  readonly signal?: readonly NodeJS.Signals[];
  /**
   * What the summaries of test runners say, where any was found: tests failed (with exit code 0 also: did not end), or
   * none ran.
   */
  readonly counted?: 'failures' | 'nothing';
  /** A line of its stderr. For our rows lines that are plainly part of a report about tests do not count. */
  readonly stderr?: readonly RegExp[];
  /**
   * One of the last lines that it printed, on stderr or on stdout: for what is said at its end, and which `2>&1` or a
   * terminal may have put on stdout.
   */
  readonly last_words?: readonly RegExp[];
  /**
   * A line of its stdout. No row of ours looks there, because suites print whatever they like; a project knows its own.
   */
  readonly stdout?: readonly RegExp[];
}

/** One row of the outcome table. */
export interface OutcomeRow {
  readonly name: string;
  readonly when: OutcomeCondition;
  readonly outcome: OutcomeKind;
  /**
   * What happened. `{program}`, `{exit_code}`, `{signal}`, `{problem}` and `{line}` (the first that matched) are filled
   * in.
   */
  readonly says: string;
  /** What to repair; null: nothing outside of the code. */
  readonly fix: string | null;
}
