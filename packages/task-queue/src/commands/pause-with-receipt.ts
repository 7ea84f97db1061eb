import type { Database, Queryable } from '@orchestra/database';
import { pauseScope, toPauseView, type PauseOptions, type PauseOrder, type Scope } from '@orchestra/pause-core';
import type { PausePreview, PauseReceipt } from '@orchestra/pause-core/contract';
import { blastRadius } from '../queries/blast-radius.ts';
import { pausesOnTheSame } from '../queries/pauses-on-the-same.ts';
import { coveredWork, WAITING_COUNTED_MAX } from '../queries/covered-work.ts';

/** Pauses a scope and tells truthfully what that did: since when, settled or not, what still runs, what waits. */
export async function pauseWithReceipt(db: Database, order: PauseOrder, options: PauseOptions = {}): Promise<PauseReceipt> {
  const { pause, settled } = await pauseScope(db, order, options);
  const work = await coveredWork(db, pause.scope, WAITING_COUNTED_MAX.receipt);
  return { ...toPauseView(pause), settled, in_flight: work.inFlight, in_flight_count: work.inFlightCount, claimed_ahead: work.claimedAhead, claimed_ahead_count: work.claimedAheadCount, queued: work.queued, queued_more: work.queuedMore };
}

/** What a pause on this scope would hold. Writes nothing. */
export async function previewPause(db: Queryable, scope: Scope): Promise<PausePreview> {
  const work = await coveredWork(db, scope);
  return {
    dry_run: true, scope_kind: scope.kind, scope_value: scope.value,
    in_flight: work.inFlight, in_flight_count: work.inFlightCount, claimed_ahead: work.claimedAhead, claimed_ahead_count: work.claimedAheadCount, ...(await blastRadius(db, scope)), queued_more: false, other_pauses: await pausesOnTheSame(db, scope),
  };
}
