import { ProblemError, Shares } from '@orchestra/service-shell';
import type { OpenWork } from '@orchestra/task-queue';
import type { ClaimedTask } from '@orchestra/task-queue/contract';
import { wanted, wantKey, type Want } from './want.ts';

/** Takes what there is for one claim; empty: nothing. */
export type Attempt = () => Promise<ClaimedTask[]>;

export interface WaitOptions {
  /** Whose waiting claims are counted together. */
  token: string;
  want: Want;
  attempt: Attempt;
  waitMs: number;
  /** Aborts when the caller has gone. */
  gone: AbortSignal;
  /** {@link WaitingRoom.calls} as it was before the caller's own attempt. */
  callsSeen: number;
}

/** A claim that found nothing and waits. Each is answered once, whatever happens at the same time. */
export class Waiter {
  /** Whose claim it is. */
  readonly token: string;
  readonly want: Want;
  readonly key: string;
  readonly #attempt: Attempt;
  readonly #answer = Promise.withResolvers<ClaimedTask[]>();
  #trying: Promise<'tasks' | 'nothing' | 'failed'> | undefined;
  /** Its time is up, its caller has gone, or the service stops. */
  #over = false;
  #leave: () => void;

  constructor(token: string, want: Want, attempt: Attempt, leave: () => void) {
    this.token = token;
    this.want = want;
    this.key = wantKey(want);
    this.#attempt = attempt;
    this.#leave = leave;
  }

  get answer(): Promise<ClaimedTask[]> {
    return this.#answer.promise;
  }

  get over(): boolean {
    return this.#over;
  }

  /** An attempt is under way. */
  get trying(): boolean {
    return this.#trying !== undefined;
  }

  /** Ends the wait: at once, or when the attempt under way has ended, which may still have found something. */
  end(): void {
    this.#over = true;
    if (!this.trying) this.#settle(() => this.#answer.resolve([]));
  }

  /** Ends the wait with an error. */
  refuse(error: unknown): void {
    this.#over = true;
    if (!this.trying) this.#settle(() => this.#answer.reject(error));
  }

  /**
   * Makes the attempt; a waiter that is over makes none. Two at a time would bring tasks twice: a call made while one
   * is under way shares it. @returns what came of it; after `failed` the waiter has its error
   */
  try(): Promise<'tasks' | 'nothing' | 'failed'> {
    this.#trying ??= this.#try().finally(() => {
      this.#trying = undefined;
    });
    return this.#trying;
  }

  async #try(): Promise<'tasks' | 'nothing' | 'failed'> {
    if (this.#over) return 'nothing';
    try {
      const tasks = await this.#attempt();
      if (tasks.length === 0 && !this.#over) return 'nothing';
      this.#settle(() => this.#answer.resolve(tasks));
      return tasks.length > 0 ? 'tasks' : 'nothing';
    } catch (error) {
      this.#settle(() => this.#answer.reject(error));
      return 'failed';
    }
  }

  #settle(settle: () => void): void {
    this.#over = true;
    this.#leave();
    settle();
  }
}

// Of a call that adds many, this number is compared with what each waiter wants; a look sees all of them.
const OFFERED_MAX = 10;
const RETRY_AFTER_SECONDS = '5';
// Of one token, at any time; more only while half of all places is free.
const SHARE = 200;
const BUSY_MS = 10_000;
// Until the next look has ended, which begins five seconds after this one: whoever comes while it is made is served by
// it. Polls that are begun together end together, often at the very moment of a look.
const LOOK_HOLDS_MS = 6_000;

/**
 * The claims that wait for a task, in the order in which they came. They ask nothing of the database themselves:
 * whoever learns of new work calls, and one look is made for all of them.
 */
export class WaitingRoom {
  readonly #max: number;
  readonly #shares: Shares;
  readonly #onCall: () => void;
  readonly #waiters = new Set<Waiter>();
  #calls = 0;
  #calledAtMs = -Infinity;
  #lastLook: { work: Pick<OpenWork, 'kinds' | 'more'>; calls: number; atMs: number } | undefined;
  #closed = false;
  /** As the last look saw it. Without any, no look has to be made for each run that ends. */
  someWaitAtGates = false;

  /** @param onCall somebody waits and should be looked for */
  constructor({ max, onCall, share = SHARE }: { max: number; onCall: () => void; share?: number }) {
    this.#max = max;
    this.#shares = new Shares({ max, share });
    this.#onCall = onCall;
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** How often there was news so far. */
  get calls(): number {
    return this.#calls;
  }

  /** Whether there was news a moment ago, so that there may soon be more. */
  get busy(): boolean {
    return performance.now() - this.#calledAtMs < BUSY_MS;
  }

  /**
   * What a look has seen.
   *
   * @param callsBefore {@link calls} as it was before the look
   */
  looked(work: Pick<OpenWork, 'kinds' | 'more'>, callsBefore: number): void {
    this.#lastLook = { work, calls: callsBefore, atMs: performance.now() };
    if (work.kinds.length > 0) this.#calledAtMs = performance.now();
  }

  /**
   * True: others wait, and a look on their behalf has just found nothing for this want. Its claim may as well wait with
   * them.
   */
  nothingFor(want: Want): boolean {
    const look = this.#lastLook;
    return (
      look !== undefined &&
      this.#waiters.size > 0 &&
      look.calls === this.#calls &&
      performance.now() - look.atMs < LOOK_HOLDS_MS &&
      !look.work.more &&
      !look.work.kinds.some((kind) => wanted(want, kind))
    );
  }

  /** A token may have been revoked: who waits with it is refused and claims nothing more. */
  async endRevoked(living: (tokens: readonly string[]) => Promise<ReadonlySet<string>>): Promise<void> {
    const waiting = [...this.#waiters];
    if (waiting.length === 0) return;
    const good = await living([...new Set(waiting.map(({ token }) => token))]);
    for (const waiter of waiting) if (!good.has(waiter.token)) waiter.refuse(tokenEnded());
  }

  /** In the order in which they came. */
  waiters(): Waiter[] {
    return [...this.#waiters];
  }

  /**
   * A run has ended, which lets the next one of its repo start: there may be something to claim where any waits at a
   * gate.
   */
  callAtGates(): void {
    if (this.someWaitAtGates) this.call();
  }

  /**
   * Tasks with these labels were added here: the first one who wants one of them claims at once, without a look. Tell
   * it before {@link call}, for all the others.
   */
  offer(tasks: readonly { agent: string | null; skill: string | null }[]): void {
    const labels = tasks.slice(0, OFFERED_MAX);
    for (const waiter of this.#waiters) {
      if (waiter.over || waiter.trying || !labels.some((task) => wanted(waiter.want, task))) continue;
      void waiter.try();
      return;
    }
  }

  /** There may be something to claim. */
  call(): void {
    this.#calls += 1;
    this.#calledAtMs = performance.now();
    if (this.#waiters.size > 0) this.#onCall();
  }

  /**
   * Waits for tasks; empty when the time is up, the caller has gone, or the service stops.
   *
   * @throws ProblemError `too_many_waiters`, `token_share_used`; whatever the attempt throws
   */
  async wait({ token, want, attempt, waitMs, gone, callsSeen }: WaitOptions): Promise<ClaimedTask[]> {
    if (this.#closed || gone.aborted) return [];
    const place = this.#shares.take(token);
    if (!place.taken) throw refusal(place.why === 'full' ? this.#max : undefined, place.held);
    const waiter = new Waiter(token, want, attempt, () => this.#waiters.delete(waiter));
    const first = this.#waiters.size === 0;
    this.#waiters.add(waiter);
    // With nobody waiting nobody looked; and what came since the caller's own attempt was called out before it was
    // here.
    if (first || callsSeen !== this.#calls) this.#onCall();
    const end = (): void => waiter.end();
    const timer = setTimeout(end, waitMs);
    gone.addEventListener('abort', end, { once: true });
    try {
      return await waiter.answer;
    } finally {
      clearTimeout(timer);
      gone.removeEventListener('abort', end);
      place.giveBack();
    }
  }

  /** Answers everyone with nothing, and whoever comes later as well. */
  close(): void {
    this.#closed = true;
    for (const waiter of this.waiters()) waiter.end();
  }
}

function tokenEnded(): ProblemError {
  return new ProblemError('unauthenticated', 'the token of this claim was revoked or has expired while it waited', {
    headers: { 'WWW-Authenticate': 'Bearer realm="orchestra"' },
  });
}

function refusal(max: number | undefined, held: number): ProblemError {
  const headers = { 'Retry-After': RETRY_AFTER_SECONDS };
  if (max !== undefined)
    return new ProblemError(
      'too_many_waiters',
      `${max} claims wait already; claim with wait_seconds 0, or try again in a moment`,
      { headers },
    );
  return new ProblemError(
    'token_share_used',
    `${held} claims of this token wait, and half of all places are taken; claim with wait_seconds 0, or ` +
      'give workers tokens of their own',
    { headers },
  );
}
