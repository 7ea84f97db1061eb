import type { TargetKind } from '../targets/target.ts';
import { shortened, visibleText } from '../shapes/visible-text.ts';
import type { Answer } from './post.ts';

/** What became of one try. */
export type Outcome =
  | { result: 'delivered' }
  /** `whole`: the trouble is the target's, and other notices would meet it too. */
  | { result: 'failed'; why: string; whole: boolean; waitMs: number }
  /** It will never take this one. */
  | { result: 'refused'; why: string }
  /** It wants no more: 410. */
  | { result: 'gone'; why: string };

const WHY_MAX = 300;
// With these a receiver finds fault with what it was sent. Any other refusal meets every notice.
const ABOUT_ONE_NOTICE = new Set([400, 409, 413, 415, 422]);
const RETRY_AFTER_MAX_MS = 60 * 60_000;

export function outcomeOfAnswer(kind: TargetKind, answer: Answer, now: Date): Outcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return { result: 'delivered' };
  const why = sayWhy(`${status}${answer.text.trim() === '' ? '' : `: ${answer.text.trim()}`}`);
  if (status === 410) return { result: 'gone', why };
  // Slack and PagerDuty say with it that they do not understand the notice; they will not do so later either.
  if (status === 400 && kind !== 'standard') return { result: 'refused', why };
  return { result: 'failed', why, whole: !ABOUT_ONE_NOTICE.has(status), waitMs: retryAfterMs(answer.retryAfter, now) };
}

/** No answer at all. */
export function outcomeOfError(error: unknown): Outcome {
  const reasons = error instanceof AggregateError && error.message === '' ? error.errors : [error];
  return {
    result: 'failed',
    why: sayWhy(reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason))).join('; ')),
    whole: true,
    waitMs: 0,
  };
}

function sayWhy(text: string): string {
  return shortened(visibleText(text), WHY_MAX);
}

/** Seconds or a date, as RFC 9110 has it; what is neither asks for nothing. */
function retryAfterMs(header: string | undefined, now: Date): number {
  if (header === undefined) return 0;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now.getTime();
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), RETRY_AFTER_MAX_MS);
}
