import { refuseUnwritable, writableCopy } from '@orchestra/exact-json';
import { AnswerError, ApiError, backoffMs, isTransient, type Backoff } from '@orchestra-brake/client';
import type { ClaimedTask, FinishAnswer } from '@orchestra/task-queue/contract';
import { sleep } from '@orchestra/timing';
import type { Door } from './door.ts';
import type { Endings } from './endings.ts';
import { storable } from './error-text.ts';
import type { LateAbort } from './late-abort.ts';
import { saysRunIsOver } from './lease.ts';
import type { Outcome } from './outcome.ts';
import { isUntakable } from './untakable.ts';

type Told = Exclude<Outcome, { kind: 'drop' }>;

export type Finished =
  /** `told` is what the service took: another than asked for when it could not take that. */
  { kind: 'told'; told: Told; answer: FinishAnswer } | { kind: 'lost'; why: string } | { kind: 'untold'; error: Error };

export interface FinishOptions {
  door: Pick<Door, 'needsInput' | 'hold' | 'retry' | 'stopped'>;
  /** Complete, fail and release go through these, many at a time. */
  endings: Pick<Endings, 'end'>;
  task: ClaimedTask;
  cursor: unknown;
  /** Aborted when there is no more time to tell it. */
  noMoreTime: LateAbort;
  onFailed: (error: Error, retryInMs: number | null) => void;
}

// Far beyond any lease: by then the run has been taken away, and what it brought is lost.
const TRY_FOR_MS = 600_000;
const BACKOFF: Backoff = { baseMs: 250, capMs: 10_000 };

/**
 * Tells the service how a run ended, for as long as it takes within limits. Safe to repeat: the service answers the
 * same ending of the same run as it did the first time.
 */
export async function finishRun(outcome: Told, options: FinishOptions): Promise<Finished> {
  const deadlineMs = performance.now() + TRY_FOR_MS;
  let asked = outcome;
  let withCursor = true;
  for (let failures = 1; ; failures++) {
    try {
      const answer = await tell(asked, withCursor, options);
      return { kind: 'told', told: asked, answer };
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      if (saysRunIsOver(error)) return { kind: 'lost', why: error.detail };
      const retryInMs = backoffMs(failures, BACKOFF);
      if (isUntakable(error)) {
        if (
          (asked.kind === 'release' || asked.kind === 'stop' || asked.kind === 'ask' || asked.kind === 'disturbed') &&
          withCursor &&
          options.cursor !== undefined
        )
          withCursor = false;
        else if (asked.kind === 'complete') asked = untakable('its result', error, asked.result);
        else if (asked.kind === 'ask') asked = untakable('its questions', error);
        else if (asked.kind === 'disturbed' && asked.withEvidence) asked = { ...asked, withEvidence: false };
        else if (asked.kind === 'fail' && asked.result !== undefined)
          asked = { ...asked, result: error instanceof TypeError ? writableCopy(asked.result) : undefined };
        else {
          options.onFailed(error, null);
          return { kind: 'untold', error };
        }
        options.onFailed(error, 0);
        continue;
      }
      const again = mayHeal(error) && !options.noMoreTime.aborted && performance.now() + retryInMs < deadlineMs;
      options.onFailed(error, again ? retryInMs : null);
      if (!again) return { kind: 'untold', error };
      await sleep(retryInMs, options.noMoreTime.signal); // aborted: one last try
    }
  }
}

async function tell(
  outcome: Told,
  withCursor: boolean,
  { door, endings, task, cursor, noMoreTime }: FinishOptions,
): Promise<FinishAnswer> {
  const run = { id: task.id, run_id: task.run_id };
  if ((outcome.kind === 'complete' || outcome.kind === 'fail') && outcome.result !== undefined)
    refuseUnwritable(outcome.result, 'result');
  switch (outcome.kind) {
    case 'complete':
      return endings.end(
        { as: 'completed', ...run, ...(outcome.result === undefined ? {} : { result: outcome.result }) },
        noMoreTime,
      );
    case 'ask':
      return door.needsInput(
        task.id,
        {
          run_id: task.run_id,
          questions: outcome.questions,
          ...(withCursor && cursor !== undefined ? { cursor } : {}),
        },
        {
          triesMax: 1,
          signal: noMoreTime.aborted ? AbortSignal.timeout(LAST_TRY_MS) : noMoreTime.signal,
        },
      );
    case 'disturbed': {
      const end = outcome.by.outcome === 'environment' ? door.hold : door.retry;
      return end(
        task.id,
        {
          run_id: task.run_id,
          says: storable(outcome.by.message, SAYS_CHARS_MAX) || 'it was disturbed',
          fix: outcome.by.fix === null ? null : storable(outcome.by.fix, SAYS_CHARS_MAX),
          ...(outcome.withEvidence && outcome.by.evidence !== undefined ? { evidence: outcome.by.evidence } : {}),
          ...(withCursor && cursor !== undefined ? { cursor } : {}),
        },
        { triesMax: 1, signal: noMoreTime.aborted ? AbortSignal.timeout(LAST_TRY_MS) : noMoreTime.signal },
      );
    }
    case 'fail':
      return endings.end(
        {
          as: 'failed',
          ...run,
          error: outcome.error,
          retry: outcome.retry,
          ...(outcome.result === undefined ? {} : { result: outcome.result }),
        },
        noMoreTime,
      );
    case 'stop':
      return door.stopped(
        task.id,
        { run_id: task.run_id, ...(withCursor && cursor !== undefined ? { cursor } : {}) },
        {
          triesMax: 1,
          signal: noMoreTime.aborted ? AbortSignal.timeout(LAST_TRY_MS) : noMoreTime.signal,
        },
      );
    case 'release':
      return endings.end(
        {
          as: 'released',
          ...run,
          cause: outcome.cause,
          ...(withCursor && cursor !== undefined ? { cursor } : {}),
        },
        noMoreTime,
      );
  }
}

const LAST_TRY_MS = 1_000;
const SAYS_CHARS_MAX = 2_000;

/** What JSON cannot hold is kept as text in the failed task's result, beside all the rest. */
function untakable(what: 'its result' | 'its questions', error: Error, result?: unknown): Told {
  const why = storable(`the work was done, but ${what} cannot be kept: ${error.message}`);
  return {
    kind: 'fail',
    error: why,
    retry: false,
    result: error instanceof TypeError ? writableCopy(result) : undefined,
    thrown: error,
  };
}

function mayHeal(error: Error): boolean {
  return isTransient(error) || ((error instanceof ApiError || error instanceof AnswerError) && error.status >= 500);
}
