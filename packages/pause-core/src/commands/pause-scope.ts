import type { Database, Transaction } from '@orchestra/database';
import type { Pause, PauseSource, PauseThen } from '../pause.ts';
import { findPause } from '../queries/find-pause.ts';
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
  const id = await runRinging(db, options.idempotency, (tx) => insertPause(tx, order));
  const [settled, pause] = await Promise.all([
    settleClaims(db, options.settleTimeoutMs === undefined ? {} : { timeoutMs: options.settleTimeoutMs }),
    findPause(db, id),
  ]);
  if (pause === undefined) throw new Error(`pause ${id} was committed and cannot be read back`);
  return { pause, settled };
}

/** Writes the row inside the caller's transaction and answers its id. Bell, audit and event follow by trigger. */
export async function insertPause(tx: Transaction, { scope, reason, ttlSeconds, endsAs = 'resume', by, source, traceparent }: PauseOrder): Promise<string> {
  const { rows } = await tx.query<{ id: string }>(
    `insert into senate_pause (scope_kind, scope_value, paused_at, paused_by, reason, ttl_seconds, ends_as, source, traceparent)
     values ($1, $2, clock_timestamp(), $3, $4, $5, $6, $7, $8)
     returning id`,
    [scope.kind, scope.value, by, reason, ttlSeconds, endsAs, source, traceparent ?? null],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('the insert of a pause answered no row');
  return row.id;
}
