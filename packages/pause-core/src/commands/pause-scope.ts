import { hasServerChanged, type Database, type Transaction } from '@orchestra/database';
import { readAfterCommit, type NotRead } from '../after-commit.ts';
import { hearWarnings, waitsForStandby, type Durability } from '../durability.ts';
import type { Pause, PauseSource, PauseThen } from '../pause.ts';
import { findPause } from '../queries/find-pause.ts';
import { PAUSE_COLUMNS, toPause, type PauseRow } from '../queries/pause-row.ts';
import type { Scope } from '../scope.ts';
import { settleClaims } from '../settle.ts';
import type { Idempotency } from './run-once.ts';
import { runRinging } from './run-ringing.ts';

export interface PauseOrder {
  scope: Scope;
  reason: string;
  /** null: until someone clears it */
  ttlSeconds: number | null;
  /** What happens when that time is over; `resume` unless given. */
  endsAs?: PauseThen | undefined;
  /** The authenticated name. */
  by: string;
  source: PauseSource;
  /** W3C trace context of the call that pauses. */
  traceparent?: string | undefined;
}

export interface PauseOptions {
  idempotency?: Idempotency | undefined;
  settleTimeoutMs?: number | undefined;
}

export interface PausedScope {
  pause: Pause;
  /** True: from this instant on no covered task can become claimed (P2). null: it could not be asked. */
  settled: boolean | null;
  durable: Durability;
  /** What could not be asked after the commit. */
  notRead: NotRead[];
}

/**
 * Stops new work for one scope. The row commits first and waits for nobody: every claim that starts afterwards sees it.
 * Then waits, bounded, for the claims that were already under way.
 *
 * From the commit on nothing throws: what cannot be asked any more is null.
 */
export async function pauseScope(db: Database, order: PauseOrder, options: PauseOptions = {}): Promise<PausedScope> {
  const call: { made?: Pause; warnings?: ReturnType<typeof hearWarnings>; wasCutOff?: true } = {};
  const commit = runRinging(db, options.idempotency, async (tx) => {
    call.warnings?.stop();
    call.warnings = hearWarnings(tx);
    call.made = await insertPause(tx, order);
    return call.made.id;
  });
  const id = await commit
    .catch(async (error: unknown) => {
      // Cut off while it committed: only the row can say whether it did.
      if (
        call.made === undefined ||
        !(error instanceof Error) ||
        !hasServerChanged(error) ||
        !(await isThere(db, call.made.id))
      )
        throw error;
      call.wasCutOff = true;
      return call.made.id;
    })
    .finally(() => call.warnings?.stop());
  const notRead: NotRead[] = [];
  const note = (what: NotRead): void => {
    notRead.push(what);
  };
  const settled = await readAfterCommit(
    'whether it has settled',
    () => settleClaims(db, { timeoutMs: options.settleTimeoutMs }),
    note,
  );
  // A repeated call has made none: it answers with the first one's, of which nobody knows any more how it was
  // committed.
  const { made } = call;
  if (made === undefined) {
    const pause = await findPause(db, id);
    if (pause === undefined) throw new Error(`pause ${id} was committed and cannot be read back`);
    return { pause, settled, durable: 'local', notRead };
  }
  const mayHaveWaited = call.wasCutOff === undefined && call.warnings?.count() === 0;
  const waited =
    mayHaveWaited &&
    (await readAfterCommit('whether a standby has it', () => waitsForStandby(db, made.pausedAt), note));
  return { pause: made, settled, durable: waited === true ? 'replicated' : 'local', notRead };
}

async function isThere(db: Database, id: string): Promise<boolean> {
  // As good as not there: the caller is told of the first failure
  return (await findPause(db, id).catch(() => undefined)) !== undefined;
}

/** Writes the row inside the caller's transaction and answers it. Bell, audit and event follow by trigger. */
export async function insertPause(
  tx: Transaction,
  { scope, reason, ttlSeconds, endsAs = 'resume', by, source, traceparent }: PauseOrder,
): Promise<Pause> {
  const { rows } = await tx.query<PauseRow>(
    `insert into senate_pause as p (scope_kind, scope_value, also, paused_at, paused_by, reason, ttl_seconds, ends_as,
                                    source, traceparent)
     values ($1, $2, $3::jsonb, clock_timestamp(), $4, $5, $6, $7, $8, $9)
     returning ${PAUSE_COLUMNS}`,
    [
      scope.kind,
      scope.value,
      scope.also === undefined ? null : JSON.stringify(scope.also),
      by,
      reason,
      ttlSeconds,
      endsAs,
      source,
      traceparent ?? null,
    ],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('the insert of a pause answered no row');
  return toPause(row);
}
