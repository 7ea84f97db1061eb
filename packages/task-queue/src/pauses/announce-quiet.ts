import type { Database } from '@orchestra/database';
import { quietInAttached, settleClaims } from '@orchestra/pause-core';
import { runsUnder } from '../history/runs-labelled.ts';
import { scopesOf } from '../sql/labels-under-scope.ts';

const STILL_RUNNING = scopesOf('p')
  .map((scope) => `(p.scope_kind = '${scope.kind}' and exists (${runsUnder(scope)}))`)
  .join(' or ');

/**
 * Marks active pauses whose last run in flight has ended, those of attached queues included, each once; the event
 * `pause.quiet` follows by trigger. Waits out the claims under way first: one of them could still bring a run that
 * began before the pause.
 *
 * @returns how many pauses became quiet by this call; 0 also when claims hang and nothing can be said yet
 */
export async function announceQuiet(db: Database, options: { settleTimeoutMs?: number } = {}): Promise<number> {
  const { rows } = await db.query<{ id: string }>(
    'select p.id from active_pauses p where p.quiet_at is null order by p.id limit 1000',
  );
  if (rows.length === 0) return 0;
  if (!(await settleClaims(db, { timeoutMs: options.settleTimeoutMs }))) return 0;
  const quiet = await quietInAttached(
    db,
    rows.map((row) => row.id),
  );
  if (quiet.length === 0) return 0;
  const { rowCount } = await db.query(
    `update senate_pause p set quiet_at = clock_timestamp()
      where p.id = any ($1::bigint[]) and p.quiet_at is null and p.cleared_at is null and not (${STILL_RUNNING})`,
    [quiet],
  );
  return rowCount ?? 0;
}
