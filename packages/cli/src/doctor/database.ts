import { differingSettings, pendingMigrations, type Database } from '@orchestra/database';
import { isSkewed, saySkew, skewMs } from './clock.ts';
import { failed, ok, type Finding } from './finding.ts';
import { manualPage } from '@orchestra/service-shell/manual';

const OLDEST_VERSION = 15;

/** Version, migrations and clock of the database itself. */
export async function checkDatabase(db: Database): Promise<Finding> {
  const check = 'database';
  await db.query('select 1'); // connecting is none of the clock's time
  const sentAt = Date.now();
  const {
    rows: [row],
  } = await db.query<{
    now: Date;
    home: string;
    version: string;
    number: number;
    is_standby: boolean;
    is_read_only: boolean;
    fires_triggers: boolean;
  }>(
    `select clock_timestamp() as now, coalesce(current_schema(), 'that is not there yet') as home,
            current_setting('server_version') as version, current_setting('server_version_num')::int as number,
            pg_is_in_recovery() as is_standby, current_setting('transaction_read_only') = 'on' as is_read_only,
            current_setting('session_replication_role') <> 'replica' as fires_triggers`,
  );
  const heardAt = Date.now();
  if (row === undefined) throw new Error('a statement without a from answered no row');
  const pending = await pendingMigrations(db);
  const skew = skewMs(row.now.getTime(), sentAt, heardAt);
  const says = `PostgreSQL ${row.version}, answers in ${heardAt - sentAt} ms, ${saySkew(skew, 1)}`;
  if (Math.floor(row.number / 10_000) < OLDEST_VERSION)
    return failed(check, says, `Orchestra needs PostgreSQL ${OLDEST_VERSION} or newer`);
  if (row.is_standby)
    return failed(check, `${says}; it is a standby, which takes no changes`, 'let DATABASE_URL name the primary');
  if (row.is_read_only)
    return failed(
      check,
      `${says}; it is read-only and takes no changes`,
      'see default_transaction_read_only of the server, the database and the role',
    );
  if (!row.fires_triggers)
    return failed(
      check,
      `${says}; triggers do not fire for this role (session_replication_role)`,
      'alter role … reset session_replication_role',
    );
  const differing = await differingSettings(db);
  if (differing.length > 0)
    return failed(
      check,
      `${says}; ${differing.join(', ')}`,
      `see "Poolers" in ${manualPage('operations.md')}: something between here and the database keeps its own settings`,
    );
  if (pending > 0) return failed(check, `${says}; ${pending} migrations are missing`, 'run `orchestra db migrate`');
  if (isSkewed(skew))
    return failed(
      check,
      says,
      'set the clock of this machine or of the database’s (NTP); pauses end by the database’s',
    );
  return ok(
    check,
    `${says}, ${pending < 0 ? `${-pending} migrations newer than this command` : `all migrations applied in the schema ${row.home}`}`,
  );
}
