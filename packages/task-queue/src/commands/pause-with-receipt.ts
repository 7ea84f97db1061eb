import type { Database, Queryable } from '@orchestra/database';
import { listActivePauses, pauseScope, toPauseView, type Pause, type PauseOptions, type PauseOrder, type Scope } from '@orchestra/pause-core';
import type { PausePreview, PauseReceipt } from '@orchestra/pause-core/contract';
import { blastRadius } from '../queries/blast-radius.ts';
import { pausesOnTheSame } from '../queries/pauses-on-the-same.ts';
import { coveredRuns, coveredWork, WAITING_COUNTED_MAX, type CoveredWork } from '../queries/covered-work.ts';
import { labelKnown } from '../queries/label-known.ts';

/** Pauses a scope and tells truthfully what that did: since when, settled or not, what still runs, what waits. */
export async function pauseWithReceipt(db: Database, order: PauseOrder, options: PauseOptions = {}): Promise<PauseReceipt> {
  const { pause, settled } = await pauseScope(db, order, options);
  const work = await coveredWork(db, pause.scope, WAITING_COUNTED_MAX.receipt);
  return { ...toPauseView(pause), settled, ...work, ...await labelKnownAfter(db, pause, work) };
}

/** What is covered is known, and nothing has to be asked. The pause stands whatever this finds: what cannot be read is told as null. */
async function labelKnownAfter(db: Queryable, pause: Pause, work: CoveredWork): Promise<Pick<PauseReceipt, 'label_known' | 'near_labels'>> {
  if (work.queued + work.in_flight_count + work.claimed_ahead_count > 0) return { label_known: true };
  return labelKnown(db, pause.scope, pause.id).catch(() => ({ label_known: null }));
}

/** What a pause on this scope would hold. Writes nothing. */
export async function previewPause(db: Queryable, scope: Scope): Promise<PausePreview> {
  return {
    dry_run: true, scope_kind: scope.kind, scope_value: scope.value, ...await labelKnown(db, scope, null),
    ...await coveredRuns(db, scope), ...await blastRadius(db, scope), queued_more: false,
    other_pauses: await pausesOnTheSame(db, scope, await listActivePauses(db)),
  };
}
