import type { Database, Queryable } from '@orchestra/database';
import {
  attachedWorkUnder,
  countGates,
  listActivePauses,
  listAttachedQueues,
  pauseScope,
  readAfterCommit,
  toPauseView,
  type NotRead,
  type Pause,
  type PauseOptions,
  type PauseOrder,
  type Scope,
} from '@orchestra/pause-core';
import {
  STOP_GRACE_SECONDS,
  type PausePreview,
  type PauseReceipt,
  type StopThen,
  type StopView,
} from '@orchestra/pause-core/contract';
import { blastRadius } from './blast-radius.ts';
import { overlappingPauses } from './overlapping-pauses.ts';
import { coveredRuns, coveredWork, WAITING_COUNTED_MAX, type CoveredWork } from './covered-work.ts';
import { labelKnown } from './label-known.ts';
import { receiptsOfAttached } from './receipts-of-attached.ts';
import { stopRuns } from '../stops/stop-runs.ts';

/** What stands for numbers that could not be read. */
const UNKNOWN_WORK = {
  in_flight: null,
  in_flight_count: null,
  claimed_ahead: null,
  claimed_ahead_count: null,
  queued: null,
  queued_more: null,
};

export interface ReceiptOptions extends PauseOptions {
  /** Told of each thing that could not be read after the commit. */
  onNotRead?: (notRead: NotRead) => void;
  /** Also stops what runs under the pause. */
  stopRunning?: { then: StopThen; graceSeconds?: number | undefined } | undefined;
}

/**
 * Pauses a scope and tells truthfully what that did: since when, settled or not, what still runs, what waits. Once the
 * pause is committed nothing throws: what cannot be read is null in the receipt, and `not_read` says why.
 */
export async function pauseWithReceipt(
  db: Database,
  order: PauseOrder,
  options: ReceiptOptions = {},
): Promise<PauseReceipt> {
  const { pause, settled, durable, notRead } = await pauseScope(db, order, options);
  const note = (what: NotRead): void => {
    notRead.push(what);
  };
  // Pauses go to other databases while everything else is read here.
  const attaching = receiptsOfAttached(db, pause, settled, options.settleTimeoutMs, note);
  const work = await readAfterCommit(
    'its numbers',
    () => coveredWork(db, pause.scope, WAITING_COUNTED_MAX.receipt),
    note,
  );
  const label = await labelKnownAfter(db, pause, work, note);
  const stop = await stopAfter(db, pause, order, options.stopRunning, note);
  const gates = work === null ? null : await readAfterCommit('its gates', () => countGates(db, pause.id), note);
  const attached = await attaching;
  for (const what of notRead) options.onNotRead?.(what);
  return {
    ...toPauseView(pause),
    settled,
    durable,
    ...(work ?? UNKNOWN_WORK),
    ...label,
    gates,
    attached,
    stop,
    not_read: notRead.length === 0 ? null : notRead.map(({ words }) => words).join('; '),
  };
}

/** The pause holds in any case: what could not be ordered is told, and `POST /api/tasks/stop` orders it again. */
async function stopAfter(
  db: Database,
  pause: Pause,
  { by, reason }: PauseOrder,
  wanted: ReceiptOptions['stopRunning'],
  note: (notRead: NotRead) => void,
): Promise<StopView | null> {
  if (wanted === undefined) return null;
  const { then, graceSeconds = STOP_GRACE_SECONDS } = wanted;
  return readAfterCommit(
    'its order to stop what runs',
    () => stopRuns(db, { runs: { pauseId: pause.id }, then, graceSeconds, by, reason }),
    note,
  );
}

/**
 * What is covered is known, and nothing has to be asked. Whether another label is known is not asked either where the
 * numbers could not be read: the caller has waited.
 */
async function labelKnownAfter(
  db: Queryable,
  pause: Pause,
  work: CoveredWork | null,
  note: (notRead: NotRead) => void,
): Promise<Pick<PauseReceipt, 'label_known' | 'near_labels'>> {
  if (work === null) return { label_known: null };
  if (work.queued + work.in_flight_count + work.claimed_ahead_count > 0) return { label_known: true };
  return (
    (await readAfterCommit('whether its label is known', () => labelKnown(db, pause.scope, pause.id), note)) ?? {
      label_known: null,
    }
  );
}

/** What a pause on this scope would hold. Writes nothing. */
export async function previewPause(db: Database, scope: Scope): Promise<PausePreview> {
  return {
    dry_run: true,
    scope_kind: scope.kind,
    scope_value: scope.value,
    also: scope.also ?? null,
    ...(await labelKnown(db, scope, null)),
    ...(await coveredRuns(db, scope)),
    ...(await blastRadius(db, scope)),
    queued_more: false,
    other_pauses: await overlappingPauses(db, scope, await listActivePauses(db)),
    attached: await attachedWorkUnder(db, scope, await listAttachedQueues(db)),
  };
}
