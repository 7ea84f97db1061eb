import type { Database, Transaction } from '@orchestra/database';
import type { Pause, PauseThen } from '../pause.ts';
import { findPause } from '../queries/find-pause.ts';
import { PAUSE_COLUMNS, toPause, type PauseRow } from '../queries/pause-row.ts';
import { refusePause } from './refuse-pause.ts';
import type { Idempotency } from './run-once.ts';
import { runRinging } from './run-ringing.ts';

export interface ExtendOrder {
  id: string;
  /** Counted from now; null: until someone clears it. */
  ttlSeconds: number | null;
  /** What happens at that end; absent: what would have happened at the former one. */
  endsAs?: PauseThen | undefined;
  /** The authenticated name. */
  by: string;
  reason?: string | undefined;
}

/**
 * Gives an active pause another end, by the database's clock. One that stayed or probes, its time being over, is then
 * as before that. Ends are whole seconds from when the pause began, so it lasts up to a second longer than was asked
 * for, never shorter.
 *
 * @throws PauseError `pause_not_found` for an id that no pause has, `pause_not_active` for one that has ended
 */
export async function extendPause(db: Database, order: ExtendOrder, idempotency?: Idempotency): Promise<Pause> {
  const done: { row?: Pause | undefined } = {};
  await runRinging(db, idempotency, async (tx) => {
    done.row = await extend(tx, order);
    return null;
  });
  // After the commit nothing has to be read; a repeated call has extended nothing.
  const pause = done.row ?? (await findPause(db, order.id));
  if (pause === undefined) throw new Error(`pause ${order.id} was extended and cannot be read back`);
  return pause;
}

async function extend(tx: Transaction, { id, ttlSeconds, endsAs, by, reason }: ExtendOrder): Promise<Pause> {
  await tx.query("select set_config('orchestra.who', $1, true), set_config('orchestra.why', $2, true)", [
    by,
    reason ?? '',
  ]);
  const {
    rows: [row],
  } = await tx.query<PauseRow>(
    `update senate_pause p
        set ttl_seconds = case when $2::int is not null
          then greatest(1, $2::int + ceil(extract(epoch from statement_timestamp() - p.paused_at))) end,
            ends_as = coalesce($3, p.ends_as)
      where p.id = $1 and p.cleared_at is null
        and (p.ttl_seconds is null or p.ends_as <> 'resume'
             or p.paused_at + make_interval(secs => p.ttl_seconds) > clock_timestamp())
    returning ${PAUSE_COLUMNS}`,
    [id, ttlSeconds, endsAs ?? null],
  );
  return row === undefined ? refusePause(tx, id, 'pause the scope anew') : toPause(row);
}
