import type { Queryable, Transaction } from '@orchestra/database';

/**
 * `replicated`: the commit waited until a synchronous standby had it on its disk, so it outlives the loss of the
 *   primary. `local`: nothing says so; a standby that follows asynchronously may lack it when it is promoted.
 */
export type Durability = 'replicated' | 'local';

// A change of the configuration reaches each process of the server by itself. Within this time nobody can say which one
// a commit went by.
const RELOADED_AGO_SECONDS = 2;

/**
 * Whether a commit made since `since` waited for a standby. The server's own settings decide that; `synchronous_commit`
 * is raised by a trigger on `senate_pause`.
 */
export async function waitsForStandby(db: Queryable, since: Date): Promise<boolean> {
  const {
    rows: [row],
  } = await db.query<{ waits: boolean }>(
    `select current_setting('synchronous_standby_names') <> '' and current_setting('max_wal_senders')::int > 0
            and pg_conf_load_time() < $1::timestamptz - make_interval(secs => ${RELOADED_AGO_SECONDS}) as waits`,
    [since],
  );
  return row?.waits ?? false;
}

/**
 * Hears whether the server warned during a transaction. It does when somebody cancels its wait for a standby, and the
 * commit is local then.
 */
export function hearWarnings(tx: Transaction): { count: () => number; stop: () => void } {
  let count = 0;
  const onNotice = ({ code }: { code?: string | undefined }): void => {
    if (code?.startsWith('01')) count += 1;
  };
  tx.on('notice', onNotice);
  return {
    count: () => count,
    stop: () => {
      tx.off('notice', onNotice);
    },
  };
}
