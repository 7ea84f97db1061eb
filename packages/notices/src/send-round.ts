import { randomUUID } from 'node:crypto';
import type { Database } from '@orchestra/database';
import {
  giveUpOld,
  handBack,
  noteDelivered,
  noteFailed,
  noteGivenUp,
  noteGone,
  passOver,
} from './outbox/note-outcome.ts';
import { nextDueMs, takeDue, type HeldNotice } from './outbox/take-due.ts';
import { takeNews } from './outbox/take-news.ts';
import { AGE_MAX_MS, noticeWaitMs, targetRestMs, TRIES_MAX } from './sending/backoff.ts';
import type { Resolver } from './sending/checked-lookup.ts';
import { outcomeOfAnswer, outcomeOfError, type Outcome } from './sending/outcome.ts';
import { post } from './sending/post.ts';
import type { NoticeRequest } from './shapes/notice.ts';
import { requestFor } from './shapes/request-for.ts';
import type { NoticeTarget } from './targets/target.ts';

// Calls at a time to one target, each about another pause or alert.
const SIDE_BY_SIDE = 4;

/** What is told of the sending, for log and metrics. */
export interface NoticeReports {
  delivered(target: string, held: HeldNotice, tookMs: number): void;
  failed(target: string, held: HeldNotice, why: string): void;
  givenUp(target: string, count: number, why: string): void;
  gone(target: string, why: string): void;
}

export interface SendRoundOptions {
  db: Database;
  target: NoticeTarget;
  reports: NoticeReports;
  /** Ends the calls under way; what they carried is handed back. */
  signal: AbortSignal;
  /** For tests. */
  resolve?: Resolver;
  timeLimitMs?: number;
  wait?: { noticeMs: (tries: number) => number; targetMs: (failures: number) => number };
}

/**
 * One bounded round for one target: takes what is new into its outbox and sends what is due. At least once: a process
 * that dies between the answer and its note sends again, under the same id.
 *
 * @returns in how many milliseconds there is more to do; undefined: when something happens
 */
export async function sendRound(options: SendRoundOptions): Promise<number | undefined> {
  const { db, target, reports, signal } = options;
  const more = await takeNews(db, target);
  const old = await giveUpOld(db, target.name, AGE_MAX_MS);
  if (old > 0) reports.givenUp(target.name, old, 'could not be sent within a day');
  if (signal.aborted) return undefined;
  const due = await takeDue(db, target.name, SIDE_BY_SIDE, randomUUID());
  const sendings = await Promise.allSettled(due.map((held) => send(options, held)));
  for (const sending of sendings) if (sending.status === 'rejected') throw sending.reason;
  return more || due.length > 0 ? 0 : nextDueMs(db, target.name);
}

async function send(options: SendRoundOptions, held: HeldNotice): Promise<void> {
  const { db, target, reports, signal, wait = { noticeMs: noticeWaitMs, targetMs: targetRestMs } } = options;
  const request = written(target, held);
  // An event that was written by hand and lacks what every event has: it would be met again in each round, before all
  // that came after it.
  if (request instanceof Error) return giveUp(options, held, `cannot be told: ${request.message}`);
  if (request === undefined) return passOver(db, held);
  const beganAtMs = performance.now();
  const outcome = await call(options, request);
  if (signal.aborted && outcome.result !== 'delivered') {
    await handBack(db, held);
    return;
  }
  switch (outcome.result) {
    case 'delivered':
      await noteDelivered(db, held);
      reports.delivered(target.name, held, performance.now() - beganAtMs);
      return;
    case 'failed':
      reports.failed(target.name, held, outcome.why);
      if (held.tries >= TRIES_MAX) return giveUp(options, held, `${held.tries} tries, the last one: ${outcome.why}`);
      await noteFailed(db, held, {
        why: outcome.why,
        waitMs: Math.max(wait.noticeMs(held.tries), outcome.waitMs),
        restMs: outcome.whole ? (failures) => Math.max(wait.targetMs(failures), outcome.waitMs) : undefined,
      });
      return;
    case 'refused':
      reports.failed(target.name, held, outcome.why);
      return giveUp(options, held, outcome.why);
    case 'gone':
      if (await noteGone(db, held, outcome.why)) reports.gone(target.name, outcome.why);
  }
}

function written(target: NoticeTarget, { notice }: HeldNotice): NoticeRequest | Error | undefined {
  try {
    return requestFor(target, notice, new Date());
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function giveUp({ db, target, reports }: SendRoundOptions, held: HeldNotice, why: string): Promise<void> {
  await noteGivenUp(db, held, why);
  reports.givenUp(target.name, 1, why);
}

async function call(
  { target, signal, resolve, timeLimitMs }: SendRoundOptions,
  request: NoticeRequest,
): Promise<Outcome> {
  try {
    const answer = await post(target, request, {
      signal,
      ...(resolve === undefined ? {} : { resolve }),
      ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
    });
    return outcomeOfAnswer(target.kind, answer, new Date());
  } catch (error) {
    return outcomeOfError(error);
  }
}
