import type { Database, Transaction } from '@orchestra/database';
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
  /** True: from this instant on no covered task can become claimed (P2). */
  settled: boolean;
}

/**
 * Stops new work for one scope. The row commits first and waits for nobody: every claim that starts afterwards sees it.
 * Then waits, bounded, for the claims that were already under way.
 */
export async function pauseScope(db: Database, order: PauseOrder, options: PauseOptions = {}): Promise<PausedScope> {
  let made: Pause | undefined;
  const id = await runRinging(db, options.idempotency, async (tx) => {
    made = await insertPause(tx, order);
    return made.id;
  });
  const settled = await settleClaims(db, { timeoutMs: options.settleTimeoutMs });
  // A repeated call has made none: it answers with the first one's.
  const pause = made ?? await findPause(db, id);
  if (pause === undefined) throw new Error(`pause ${id} was committed and cannot be read back`);
  return { pause, settled };
}

/** Writes the row inside the caller's transaction and answers it. Bell, audit and event follow by trigger. */
export async function insertPause(tx: Transaction, { scope, reason, ttlSeconds, endsAs = 'resume', by, source, traceparent }: PauseOrder): Promise<Pause> {
  const { rows } = await tx.query<PauseRow>(
    `insert into senate_pause as p (scope_kind, scope_value, paused_at, paused_by, reason, ttl_seconds, ends_as, source, traceparent)
     values ($1, $2, clock_timestamp(), $3, $4, $5, $6, $7, $8)
     returning ${PAUSE_COLUMNS}`,
    [scope.kind, scope.value, by, reason, ttlSeconds, endsAs, source, traceparent ?? null],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('the insert of a pause answered no row');
  return toPause(row);
}
