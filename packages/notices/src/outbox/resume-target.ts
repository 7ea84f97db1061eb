import type { Database } from '@orchestra/database';
import { runOnce, type Idempotency } from '@orchestra/pause-core';
import { targetStates, type TargetState } from './target-states.ts';

/**
 * Sends to a target again at once: one that was switched off, or that is left alone for a while after failures.
 *
 * @returns how it stands now; undefined: no such target is known
 */
export async function resumeTarget(
  db: Database,
  { name, by }: { name: string; by: string },
  idempotency?: Idempotency,
): Promise<TargetState | undefined> {
  const done: { state?: TargetState | undefined } = {};
  const resumed = await runOnce(
    db,
    idempotency,
    async (tx) => {
      const { rowCount } = await tx.query(
        'update notice_targets t set gone_at = null, resting_until = null, failures = 0 where t.name = $1',
        [name],
      );
      if (rowCount === 0) return false;
      await tx.query('update notice_deliveries d set next_try_at = now() where d.target = $1', [name]);
      await tx.query(
        `insert into senate_audit (by, action, subject_kind, subject_id)
           values ($1, 'notice_target.resumed', 'notice_target', $2)`,
        [by, name],
      );
      // Inside the transaction: after the commit nothing has to be read.
      [done.state] = await targetStates(tx, [name]);
      return true;
      // Not kept under the key: the target may be known by the time of the next try.
    },
    (wasKnown) => wasKnown,
  );
  if (!resumed) return undefined;
  return done.state ?? (await targetStates(db, [name]))[0]; // a repeated call has resumed nothing
}
