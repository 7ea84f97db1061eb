import type { Database, Queryable } from '@orchestra/database';
import { listActivePauses, pauseScope, toPauseView, type PauseOptions, type PauseOrder, type Scope } from '@orchestra/pause-core';
import type { PausePreview, PauseReceipt } from '@orchestra/pause-core/contract';
import { blastRadius } from '../queries/blast-radius.ts';
import { pausesOnTheSame } from '../queries/pauses-on-the-same.ts';
import { coveredRuns, coveredWork, WAITING_COUNTED_MAX } from '../queries/covered-work.ts';

/** Pauses a scope and tells truthfully what that did: since when, settled or not, what still runs, what waits. */
export async function pauseWithReceipt(db: Database, order: PauseOrder, options: PauseOptions = {}): Promise<PauseReceipt> {
  const { pause, settled } = await pauseScope(db, order, options);
  return { ...toPauseView(pause), settled, ...await coveredWork(db, pause.scope, WAITING_COUNTED_MAX.receipt) };
}

/** What a pause on this scope would hold. Writes nothing. */
export async function previewPause(db: Queryable, scope: Scope): Promise<PausePreview> {
  return {
    dry_run: true, scope_kind: scope.kind, scope_value: scope.value,
    ...await coveredRuns(db, scope), ...await blastRadius(db, scope), queued_more: false,
    other_pauses: await pausesOnTheSame(db, scope, await listActivePauses(db)),
  };
}
