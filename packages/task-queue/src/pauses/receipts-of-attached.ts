import type { Database } from '@orchestra/database';
import {
  atOtherDatabase,
  attachedWorkAt,
  attachedWorkUnder,
  CANNOT_SEE_SNAPSHOTS,
  EARLIER_CLAIM,
  HomeNotReadError,
  listAttachedQueues,
  notReadElsewhere,
  OLD_SNAPSHOT,
  readAfterCommit,
  settleElsewhere,
  settleSnapshots,
  SETTLE_TIMEOUT_MS,
  unknownWork,
  type AttachedQueue,
  type NotRead,
  type OtherPlace,
  type Pause,
} from '@orchestra/pause-core';
import type { AttachedReceipt } from '@orchestra/pause-core/contract';

const NOT_HELD =
  'it was attached by an earlier version, which does not know pauses of the whole fleet: its jobs are ' +
  'NOT held; remove and attach it again';

// Besides the wait for claims there: a connection, the copies and the numbers. What takes longer is not waited for.
const ELSEWHERE_MS = 2_000;

/**
 * What a pause that is committed holds in queues of other engines, each with whether it has settled there. Never
 * throws.
 *
 * @returns null where it could not be read which there are
 */
export async function receiptsOfAttached(
  db: Database,
  pause: Pause,
  settled: boolean | null,
  timeoutMs: number | undefined,
  note: (notRead: NotRead) => void,
): Promise<AttachedReceipt[] | null> {
  const queues = await readAfterCommit('its attached queues', () => listAttachedQueues(db), note);
  if (queues === null || queues.length === 0) return queues === null ? null : [];
  const elsewhere = queues.map((queue) =>
    queue.elsewhere === null ? null : receiptElsewhere(db, pause, queue, queue.elsewhere, timeoutMs),
  );
  const here = await receiptsHere(
    db,
    pause,
    queues.filter((queue) => queue.elsewhere === null),
    { settled, timeoutMs, note },
  );
  const receipts: AttachedReceipt[] = [];
  for (const receipt of elsewhere) {
    const told = await (receipt ?? here.shift());
    if (told !== undefined) receipts.push(told);
  }
  return receipts.map((receipt, at) =>
    pause.scope.kind === 'fleet' && queues[at]?.knowsFleet !== true
      ? { ...receipt, settled: false, not_settled: NOT_HELD }
      : receipt,
  );
}

interface Here {
  settled: boolean | null;
  timeoutMs: number | undefined;
  note: (notRead: NotRead) => void;
}

/** All that claim under READ COMMITTED are settled with our own queue; the others wait for old snapshots as well. */
async function receiptsHere(
  db: Database,
  pause: Pause,
  queues: readonly AttachedQueue[],
  { settled, timeoutMs, note }: Here,
): Promise<AttachedReceipt[]> {
  const old = queues.some((queue) => queue.mayReadOldSnapshots)
    ? await readAfterCommit('whether old snapshots are left', () => settleSnapshots(db, pause.id, { timeoutMs }), note)
    : true;
  const works = await attachedWorkUnder(db, pause.scope, queues);
  return works.map((work, at) => {
    const isSettled = settled === true && queues[at]?.mayReadOldSnapshots === true ? old : settled;
    return { ...work, settled: isSettled, not_settled: isSettled === true ? null : whyNotSettled(settled, old) };
  });
}

function whyNotSettled(settled: boolean | null, old: boolean | null): string {
  if (settled === false) return EARLIER_CLAIM;
  if (settled === null) return 'it could not be asked whether earlier claims have ended';
  return old === false ? OLD_SNAPSHOT : CANNOT_SEE_SNAPSHOTS;
}

/** A database that does not answer in time: not settled, with the reason. */
async function receiptElsewhere(
  db: Database,
  pause: Pause,
  queue: AttachedQueue,
  place: OtherPlace,
  timeoutMs: number = SETTLE_TIMEOUT_MS,
): Promise<AttachedReceipt> {
  try {
    return await atOtherDatabase(
      place,
      async (there): Promise<AttachedReceipt> => {
        const notSettled = await settleElsewhere(db, there, place, pause.id, {
          timeoutMs,
          mayReadOldSnapshots: queue.mayReadOldSnapshots,
        });
        return {
          ...(await attachedWorkAt(there, queue, pause.scope)),
          settled: notSettled === null,
          not_settled: notSettled,
        };
      },
      { limitMs: timeoutMs + ELSEWHERE_MS },
    );
  } catch (error) {
    const why = error instanceof HomeNotReadError ? error.message : notReadElsewhere(error);
    return {
      ...unknownWork(queue, why),
      settled: false,
      not_settled: `${why}; the pause may not hold there yet, and worker-claimer copies it as soon as it can`,
    };
  }
}
