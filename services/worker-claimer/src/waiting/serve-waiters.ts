import type { Queryable } from '@orchestra/database';
import { lookForWork, type GatedRepos, type RunnerReservations, type OpenWork } from '@orchestra/task-queue';
import type { QueueMetrics } from '../queue-metrics.ts';
import { wanted } from './want.ts';
import type { Waiter, WaitingRoom } from './waiting-room.ts';

// While there is news, what comes by a door that rings no bell here is looked for more often.
const LOOK_WHILE_BUSY_MS = 2_000;
// Lines of waiters that are served side by side; the rest of the pool stays free for heartbeats and endings.
const LINES_AT_ONCE = 4;

/**
 * One round for everybody who waits: one look at what there is, then claims for those alone who want something of it,
 * first come first served. Of several who want the same, the next one claims only when the one before found something,
 * so that one new task does not cause as many claims as there are idle workers.
 *
 * @returns after how many milliseconds to look again at the latest: sooner than usual where something is known to
 *   become eligible then
 */
export async function serveWaiters(
  db: Queryable,
  room: WaitingRoom,
  metrics: Pick<QueueMetrics, 'looks'>,
  gatedRepos: GatedRepos,
  kept: RunnerReservations,
): Promise<number | undefined> {
  if (room.size === 0) return undefined;
  const callsBefore = room.calls;
  let work: OpenWork;
  try {
    work = await lookForWork(db, gatedRepos, kept);
    room.someWaitAtGates = work.someWaitAtGates;
    room.looked(work, callsBefore);
    // Once those who come next can go by it.
    metrics.looks.inc();
  } catch (error) {
    // Nobody can say whether there is work: that is another answer than "none" (P13).
    for (const waiter of room.waiters()) waiter.refuse(error);
    throw error;
  }
  const lines = linesFor(room.waiters(), work);
  let someFailed = false;
  await Promise.all(
    Array.from({ length: LINES_AT_ONCE }, async () => {
      for (let line = lines.pop(); line !== undefined; line = lines.pop())
        someFailed = (await serveLine(line)) || someFailed;
    }),
  );
  // Nobody has taken what that claim was made for. The next look also tells whether the database is still there.
  if (someFailed) return 0;
  // A millisecond later: the database's clock is finer than the timer.
  const nextMs = work.nextInMs === null ? Infinity : Math.ceil(work.nextInMs) + 1;
  return Math.min(nextMs, room.busy ? LOOK_WHILE_BUSY_MS : Infinity);
}

/** Waiters who want the same stand in one line. Lines for which there is nothing are left out. */
function linesFor(waiters: readonly Waiter[], work: OpenWork): Waiter[][] {
  const lines = Map.groupBy(waiters, (waiter) => waiter.key);
  return [...lines.values()]
    .filter(([first]) => first !== undefined && (work.more || work.kinds.some((kind) => wanted(first.want, kind))))
    .toReversed();
}

/** @returns true: a claim failed, and what stands behind its waiter in the line was not served */
async function serveLine(line: readonly Waiter[]): Promise<boolean> {
  for (const waiter of line) {
    if (waiter.over) continue;
    const came = await waiter.try();
    if (came !== 'tasks') return came === 'failed';
  }
  return false;
}
