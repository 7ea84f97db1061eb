import { connectionsOf, type Database, type PooledService } from '@orchestra/database';
import { ok, warning, type Finding } from './finding.ts';

/** What the server gives out, and who has a part of it now. */
export interface ServerSlots {
  /**
   * For everybody: `max_connections` without what is kept for superusers and for roles with
   * `pg_use_reserved_connections`.
   */
  open: number;
  /** Kept for roles with `pg_use_reserved_connections` (PostgreSQL 16 and newer). */
  reserved: number;
  /** Taken by others than the services on this database. */
  taken: number;
  instances: Readonly<Record<PooledService, number>>;
}

/** Adds up what the running services may open, and compares it with what the server gives out. */
export function judgeConnections({ open, reserved, taken, instances }: ServerSlots): Finding {
  const check = 'connections';
  const services = (['pause-api', 'worker-claimer', 'alert-cascade'] as const).filter(
    (service) => instances[service] > 0,
  );
  const wanted = services.reduce((sum, service) => sum + instances[service] * connectionsOf(service), 0);
  const parts =
    services.map((service) => `${instances[service]} ${service} of ${connectionsOf(service)}`).join(', ') ||
    'no service is running';
  const says =
    `the services may open ${wanted} connections (${parts}); the server gives out ${open}, of which ` +
    `others hold ${taken}${reserved > 0 ? `, and keeps ${reserved} in reserve` : ''}`;
  if (wanted + taken <= open) return ok(check, says);
  return warning(
    check,
    says,
    'raise max_connections, run fewer instances, or put a pooler in front of alert-cascade and ' +
      'pause-api. pause-api holds a connection for pauses in any case; for `--direct`, set ' +
      'reserved_connections and grant pg_use_reserved_connections',
  );
}

export async function checkConnections(db: Database): Promise<Finding> {
  const {
    rows: [row],
  } = await db.query<Omit<ServerSlots, 'instances'> & { api: number; claimer: number; cascade: number }>(`
    select current_setting('max_connections')::int
           - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true)::int, 0) as open,
           coalesce(current_setting('reserved_connections', true)::int, 0) as reserved,
           (count(*) filter (
              where a.backend_type = 'client backend'
                and not (a.datname = current_database()
                         and a.application_name ~ '^orchestra (pause-api|worker-claimer|alert-cascade)'))
           )::int as taken,
           (count(*) filter (where a.datname = current_database()
                             and a.application_name = 'orchestra pause-api bell'))::int as api,
           (count(*) filter (where a.datname = current_database()
                             and a.application_name = 'orchestra worker-claimer bells'))::int as claimer,
           (count(*) filter (where a.datname = current_database()
                             and a.application_name = 'orchestra alert-cascade bells'))::int as cascade
      from pg_stat_activity a`);
  if (row === undefined) throw new Error('an aggregate answered no row');
  return judgeConnections({
    open: row.open,
    reserved: row.reserved,
    taken: row.taken,
    instances: { 'pause-api': row.api, 'worker-claimer': row.claimer, 'alert-cascade': row.cascade },
  });
}
