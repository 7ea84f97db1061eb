import type { Database, Queryable, Transaction } from '@orchestra/database';
import type { ActivePause, Pause } from '../pause.ts';
import { listActivePauses, ON_SCOPE, scopeValues } from '../queries/active-pauses.ts';
import { PAUSE_COLUMNS, toPause, type PauseRow } from '../queries/pause-row.ts';
import type { Scope } from '../scope.ts';
import { refusePause } from './refuse-pause.ts';
import type { Idempotency } from './run-once.ts';
import { runRinging } from './run-ringing.ts';

export interface UnpauseOrder {
  /** Everything active on exactly this scope, or one pause. */
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
export async function unpauseScope(
  db: Database,
  order: UnpauseOrder,
  idempotency?: Idempotency,
): Promise<UnpausedScope> {
  const done: { answer?: UnpausedScope | undefined } = {};
  const ids = await runRinging(db, idempotency, async (tx) => {
    const cleared = (await clear(tx, order)).map(toPause);
    done.answer = await unpaused(tx, order, cleared);
    return cleared.map((pause) => pause.id);
  });
  // After the commit nothing has to be read; a repeated call has cleared nothing.
  if (done.answer !== undefined) return done.answer;
  const { rows } = await db.query<PauseRow>(
    `select ${PAUSE_COLUMNS} from senate_pause p where p.id = any($1::bigint[]) order by p.id`,
    [ids],
  );
  return unpaused(db, order, rows.map(toPause));
}

async function unpaused(db: Queryable, { target }: UnpauseOrder, cleared: Pause[]): Promise<UnpausedScope> {
  const scope = 'kind' in target ? target : cleared[0]?.scope;
  return { cleared, stillPaused: scope === undefined ? [] : await listActivePauses(db, scope) };
}

async function clear(tx: Transaction, { target, by, reason }: UnpauseOrder): Promise<PauseRow[]> {
  await tx.query("select set_config('orchestra.why', $1, true)", [reason ?? '']);
  if ('kind' in target) {
    const { rows } = await tx.query<PauseRow>(
      `update senate_pause p set cleared_at = clock_timestamp(), cleared_by = $4
        where ${ON_SCOPE} and p.cleared_at is null
          and (p.ttl_seconds is null or p.ends_as <> 'resume'
               or p.paused_at + make_interval(secs => p.ttl_seconds) > now())
        returning ${PAUSE_COLUMNS}`,
      [...scopeValues(target), by],
    );
    return rows.toSorted((a, b) => Number(BigInt(a.id) - BigInt(b.id)));
  }
  const { rows } = await tx.query<PauseRow>(
    `update senate_pause p set cleared_at = clock_timestamp(), cleared_by = $2
      where p.id = $1 and p.cleared_at is null
        and (p.ttl_seconds is null or p.ends_as <> 'resume'
             or p.paused_at + make_interval(secs => p.ttl_seconds) > now())
      returning ${PAUSE_COLUMNS}`,
    [target.id, by],
  );
  return rows.length === 0 ? refusePause(tx, target.id) : rows;
}
