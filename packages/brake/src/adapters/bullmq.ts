import { setTimeout as delay } from 'node:timers/promises';
import { DelayedError, type Job, type Processor, type Queue, type Worker } from 'bullmq';
import type { Brake } from '../brake.ts';
import type { BrakeLabels } from '../brake-labels.ts';
import { refusal } from '../refusal.ts';

export interface BrakeQueueOptions {
  /** The labels of a job; the name of the job is its skill unless given. */
  labels: (job: Job) => BrakeLabels;
  /** Told of what could not be released; it is tried again. A warning of the process unless given. */
  onError?: (error: Error) => void;
}

/** The gate of one queue in this process. */
export interface BrakedQueue {
  /** A job whose labels are paused is put aside before the body runs, and keeps its attempts. */
  processor<D, R, N extends string>(process: Processor<D, R, N>): Processor<D, R, N>;
  /** Lets this worker fetch nothing while jobs are put back, so that they come in their old order. */
  attach<W extends Pick<Worker, 'pause' | 'resume' | 'isPaused'>>(worker: W): W;
  /** Ends the releasing. What is put aside stays so until another process releases it. */
  close(): Promise<void>;
}

// A job that is put aside is delayed for this long, which no job is by chance: by it the jobs are found again. Its
// exact moment is the order in which they were put aside. When nobody releases it for so long it comes back to the
// gate.
const ASIDE_MS = 299 * 86_400_000 + 49_031_173;
const SLACK_MS = 60_000;
const PAGE = 500;
// Other processes hear of the end of a pause at about the same time, and stop fetching too before the first job is put
// back.
const GRACE_MS = 250;
const LOOK_AGAIN_MS = 5_000;
const TAKEN_WITHIN_MS = 200;
const LOOK_MS = 10;
const OTHERS_MAX_MS = 5_000;

/**
 * A gate before the jobs of a BullMQ queue. A covered job is delayed before the body of its processor runs, and comes
 * back at the head of the queue in its old order when the pause is over.
 */
export function brakeQueue(
  brake: Pick<Brake, 'gate' | 'look' | 'onChange'>,
  queue: Queue,
  { labels, onError = (error) => process.emitWarning(error) }: BrakeQueueOptions,
): BrakedQueue {
  const workers = new Set<Pick<Worker, 'pause' | 'resume' | 'isPaused'>>();
  const labelsOf = (job: Job): BrakeLabels => ({ skill: job.name, ...labels(job) });
  const stopped = new AbortController();
  let asked = false;
  let releasing: Promise<void> | undefined;
  let maySetAside = true; // an earlier process may have

  const release = (): void => {
    asked = true;
    releasing ??= (async () => {
      while (asked && !stopped.signal.aborted) {
        asked = false;
        await releaseOnce().catch((error: unknown) =>
          onError(error instanceof Error ? error : new Error(String(error))),
        );
      }
    })().finally(() => {
      releasing = undefined;
    });
  };

  async function releaseOnce(): Promise<void> {
    const aside = await setAside(queue);
    maySetAside = aside.length > 0;
    if (!aside.some((job) => !brake.look(labelsOf(job)).paused)) return;
    const held = await Promise.all(
      [...workers].map(async (worker) => {
        if (worker.isPaused()) return undefined; // somebody else has paused it, and will resume it
        await worker.pause(true);
        return worker;
      }),
    );
    try {
      await delay(GRACE_MS, undefined, { signal: stopped.signal });
      const clear = (await setAside(queue)).filter((job) => !brake.look(labelsOf(job)).paused);
      await putBack(clear);
    } finally {
      for (const worker of held) await worker?.resume();
    }
  }

  const timer = setInterval(() => {
    if (maySetAside) release();
  }, LOOK_AGAIN_MS);
  timer.unref();
  const deaf = brake.onChange(release);
  release();

  return {
    processor: (process) => async (job, token, signal) => {
      const refused = await refusal(brake, labelsOf(job));
      if (refused === undefined) return process(job, token, signal);
      maySetAside = true;
      await job.moveToDelayed(Date.now() + ASIDE_MS, token);
      throw new DelayedError(refused.message);
    },
    attach: (worker) => {
      workers.add(worker);
      return worker;
    },
    close: async () => {
      stopped.abort();
      clearInterval(timer);
      deaf();
      await releasing;
    },
  };
}

/** The jobs that a gate has put aside, in the order in which it did. */
async function setAside(queue: Queue): Promise<Job[]> {
  const aside: Job[] = [];
  for (let start = 0; ; start += PAGE) {
    const page = await queue.getJobs('delayed', start, start + PAGE - 1, true);
    aside.push(...page.filter((job): job is Job => job !== undefined && Math.abs(job.delay - ASIDE_MS) < SLACK_MS));
    if (page.length < PAGE) return aside;
  }
}

/**
 * Puts jobs back so that they start in this order. A worker that was waiting for a job takes the first one it is
 * offered, also when it is paused by then: so the oldest are offered first, one at a time, until one is left lying. The
 * others follow newest first, each to the head of the queue, and that one last. Jobs with a priority, whose order
 * BullMQ keeps by a counter, go oldest first: in order among themselves, behind those of the same priority that wait.
 */
async function putBack(jobs: readonly Job[]): Promise<void> {
  const plain = jobs.filter(({ priority }) => priority === 0);
  let lying: Job | undefined;
  let next = 0;
  while (lying === undefined && next < plain.length) {
    const job = plain[next++];
    if (job === undefined || !(await promoted(job))) return untilPutBack(jobs); // another process does it
    await toHead(job);
    if (!(await taken(job))) lying = job;
  }
  for (const job of plain.slice(next).toReversed()) if (await promoted(job)) await toHead(job);
  if (lying !== undefined) await toHead(lying);
  for (const job of jobs) if (job.priority !== 0) await promoted(job);
}

async function toHead(job: Job): Promise<void> {
  try {
    await job.changePriority({ lifo: true });
  } catch (error) {
    if (await job.isWaiting()) throw error; // else it has been taken
  }
}

async function taken(job: Job): Promise<boolean> {
  for (const until = performance.now() + TAKEN_WITHIN_MS; performance.now() < until; await delay(LOOK_MS)) {
    if ((await job.getState()) !== 'waiting') return true;
  }
  return false;
}

/** Waits for the other process while it gets on. */
async function untilPutBack(jobs: readonly Job[]): Promise<void> {
  let left = jobs;
  for (
    const until = performance.now() + OTHERS_MAX_MS;
    left.length > 0 && performance.now() < until;
    await delay(LOOK_MS)
  ) {
    const oldest = left.find(({ priority }) => priority === 0) ?? left[0];
    if (oldest !== undefined && !(await oldest.isDelayed())) left = left.filter((job) => job !== oldest);
  }
}

/** @returns false where another process has put it back already */
async function promoted(job: Job): Promise<boolean> {
  try {
    await job.promote();
    return true;
  } catch (error) {
    if (await job.isDelayed()) throw error;
    return false;
  }
}
