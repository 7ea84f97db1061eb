import type { Database, Queryable } from '@orchestra/database';
import { settleClaims, settleSnapshots } from '../settle.ts';
import { copyPausesTo } from './copy-pauses.ts';
import type { OtherPlace } from './other-database.ts';

/**
 * Copies the pauses to the database of an attachment, and waits there for the claims that began before (P2).
 *
 * @param pauseId the pause that it is about; it was committed at home before this call
 * @returns why it has not settled; null: it has
 */
export async function settleElsewhere(
  home: Queryable,
  there: Database,
  { key }: OtherPlace,
  pauseId: string,
  { timeoutMs, mayReadOldSnapshots }: { timeoutMs: number | undefined; mayReadOldSnapshots: boolean },
): Promise<string | null> {
  await copyPausesTo(home, there, key);
  if (!(await settleClaims(there, { timeoutMs }))) return EARLIER_CLAIM;
  if (!mayReadOldSnapshots) return null;
  const old = await settleSnapshots(there, pauseId, { timeoutMs });
  return old === true ? null : old === false ? OLD_SNAPSHOT : CANNOT_SEE_SNAPSHOTS;
}

export const EARLIER_CLAIM = 'a claim that began before the pause has not ended yet';
export const OLD_SNAPSHOT =
  'a transaction that began before the pause has not ended yet; a claim of this engine may read as it does';
export const CANNOT_SEE_SNAPSHOTS =
  'this engine may claim with an old snapshot, and the role of Orchestra may not see whether others ' +
  'have one: grant pg_read_all_stats to it';
