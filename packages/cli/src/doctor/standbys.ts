import type { Database } from '@orchestra/database';
import { ok, skipped, warning, type Finding } from './finding.ts';
import { manualPage } from '@orchestra/service-shell/manual';

/** What the server says of its standbys. */
export interface Standbys {
  /** `synchronous_standby_names`. */
  synchronousNames: string;
  /** How many follow, backups and logical subscribers among them. */
  following: number;
  /** Of these, how many a commit may wait for; null: this role may not see it. */
  synchronous: number | null;
}

const CHECK = 'standbys';

/** Judges whether a promoted standby would have every pause that was acknowledged. */
export function judgeStandbys({ synchronousNames, following, synchronous }: Standbys): Finding {
  if (synchronousNames === '') {
    if (following === 0) return ok(CHECK, 'none follows; receipts say durable: local');
    return warning(
      CHECK,
      `${following} follow asynchronously: one that is promoted may lack the last pauses that were ` +
        'acknowledged (their receipts say durable: local)',
      `set synchronous_standby_names; see "Standbys and failover" in ${manualPage('operations.md')}`,
    );
  }
  if (synchronous === null)
    return skipped(
      CHECK,
      `commits wait for ${synchronousNames}; whether they follow, this role may not see (grant ` +
        'pg_read_all_stats to it)',
    );
  if (synchronous === 0) {
    return warning(
      CHECK,
      `commits wait for ${synchronousNames}, and no such standby follows: every change waits until one does`,
      'start the standby, or take its name out of synchronous_standby_names and reload',
    );
  }
  return ok(CHECK, `commits wait for ${synchronousNames}; ${synchronous} of ${following} followers may be waited for`);
}

export async function checkStandbys(db: Database): Promise<Finding> {
  const {
    rows: [row],
  } = await db.query<{ names: string; following: number; synchronous: number; may_see: boolean }>(
    `select current_setting('synchronous_standby_names') as names, count(*)::int as following,
            (count(*) filter (where r.sync_state in ('sync', 'quorum')))::int as synchronous,
            coalesce(bool_and(r.sync_state is not null), true) as may_see
       from pg_stat_replication r`,
  );
  if (row === undefined) throw new Error('an aggregate answered no row');
  return judgeStandbys({
    synchronousNames: row.names,
    following: row.following,
    synchronous: row.may_see ? row.synchronous : null,
  });
}
