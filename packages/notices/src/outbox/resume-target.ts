import type { Database } from '@orchestra/database';
import { runOnce, type Idempotency } from '@orchestra/pause-core';

/**
 * Sends to a target again at once: one that was switched off, or that is left alone for a while after failures.
 *
 * @returns false: no such target is known
 */
export async function resumeTarget(db: Database, { name, by }: { name: string; by: string }, idempotency?: Idempotency): Promise<boolean> {
  return runOnce(db, idempotency, async (tx) => {
    const { rowCount } = await tx.query('update notice_targets t set gone_at = null, resting_until = null, failures = 0 where t.name = $1', [name]);
    if (rowCount === 0) return false;
    await tx.query('update notice_deliveries d set next_try_at = now() where d.target = $1', [name]);
    await tx.query("insert into senate_audit (by, action, subject_kind, subject_id) values ($1, 'notice_target.resumed', 'notice_target', $2)", [by, name]);
    return true;
    // Not kept under the key: the target may be known by the time of the next try.
  }, (resumed) => resumed);
}
