import type { Database, Transaction } from '@orchestra/database';
import type { ActivePause, Pause } from '../pause.ts';
import { listActivePauses } from '../queries/active-pauses.ts';
import { PAUSE_COLUMNS, toPause, type PauseRow } from '../queries/pause-row.ts';
import type { Scope } from '../scope.ts';
import { refusePause } from './refuse-pause.ts';
import type { Idempotency } from './run-once.ts';
import { runRinging } from './run-ringing.ts';

export interface UnpauseOrder {
  /** Everything active on a scope, or one pause. */
  target: Scope | { id: string };
  /** The authenticated name. */
  by: string;
  reason?: string | undefined;
}

export interface UnpausedScope {
  cleared: Pause[];
  /** Active pauses left on the same scope. */
  stillPaused: ActivePause[];
}

/**
 * Ends pauses; their rows stay as history. A scope that is not paused is no error: nothing is cleared.
 *
 * @throws PauseError `pause_not_found` for an id that no pause has, `pause_not_active` for one that has ended
 */
export async function unpauseScope(db: Database, order: UnpauseOrder, idempotency?: Idempotency): Promise<UnpausedScope> {
  const ids = await runRinging(db, idempotency, (tx) => clear(tx, order));
  const { rows } = await db.query<PauseRow>(
    `select ${PAUSE_COLUMNS} from senate_pause p where p.id = any($1::bigint[]) order by p.id`, [ids]);
  const cleared = rows.map(toPause);
  const scope = 'kind' in order.target ? order.target : cleared[0]?.scope;
  return { cleared, stillPaused: scope === undefined ? [] : await listActivePauses(db, scope) };
}

async function clear(tx: Transaction, { target, by, reason }: UnpauseOrder): Promise<string[]> {
  await tx.query("select set_config('orchestra.why', $1, true)", [reason ?? '']);
  if ('kind' in target) {
    const { rows } = await tx.query<{ id: string }>(
      `update senate_pause p set cleared_at = clock_timestamp(), cleared_by = $3
        where p.scope_kind = $1 and p.scope_value = $2 and p.cleared_at is null
          and (p.ttl_seconds is null or p.ends_as <> 'resume' or p.paused_at + make_interval(secs => p.ttl_seconds) > now())
        returning p.id`, [target.kind, target.value, by]);
    return rows.map((row) => row.id);
  }
  const { rowCount } = await tx.query(
    `update senate_pause p set cleared_at = clock_timestamp(), cleared_by = $2
      where p.id = $1 and p.cleared_at is null
        and (p.ttl_seconds is null or p.ends_as <> 'resume' or p.paused_at + make_interval(secs => p.ttl_seconds) > now())`, [target.id, by]);
  if (rowCount === 0) await refusePause(tx, target.id);
  return [target.id];
}
