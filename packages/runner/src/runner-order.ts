import type { OutcomeRow } from './outcome/outcome-row.ts';
import type { CommandEnd, CommandOrder } from './process/run-command.ts';

/** What every runner can be told of its command, wherever that runs. */
export interface RunnerOrder {
  /** One hour unless given. */
  timeLimitMs?: number | undefined;
  /** From TERM to KILL, here and on another host. 5 s unless given. */
  graceMs?: number | undefined;
  signal?: AbortSignal | undefined;
  onOutput?: CommandOrder['onOutput'];
  onUnguarded?: CommandOrder['onUnguarded'];
  /** What its end is judged by; ours unless given. */
  table?: readonly OutcomeRow[] | undefined;
}

/** The part of a command's order that is the same for every runner. */
export type RunnerBounds = Pick<
  CommandOrder,
  'timeLimitMs' | 'graceMs' | 'signal' | 'onOutput' | 'onUnguarded' | 'keepBytes'
>;

const TIME_LIMIT_MS = 3_600_000;
const GRACE_MS = 5_000;
/** What is judged, of stdout and of stderr. */
const KEEP_BYTES = { head: 64 * 1_024, tail: 448 * 1_024 };
/** What is shown of each. */
const TAIL_BYTES = 16 * 1_024;

export function boundsOf({
  timeLimitMs = TIME_LIMIT_MS,
  graceMs = GRACE_MS,
  signal,
  onOutput,
  onUnguarded,
}: RunnerOrder): RunnerBounds {
  return { timeLimitMs, graceMs, signal, onOutput, onUnguarded, keepBytes: KEEP_BYTES };
}

/** The end of what a command has printed, for people. `more`: what somebody else said about it. */
export function tailOf({ stdout, stderr }: Pick<CommandEnd, 'stdout' | 'stderr'>, ...more: string[]): string {
  return [stdout.tail(TAIL_BYTES), stderr.tail(TAIL_BYTES), ...more]
    .filter((part) => part.trim() !== '')
    .join('\n--- stderr ---\n');
}
