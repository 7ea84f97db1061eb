import type { Database } from '@orchestra/database';
import { alertsTableProblems } from '@orchestra/pause-core';
import { visibleText } from '../show/visible-text.ts';
import { failed, ok, warning, type Finding } from './finding.ts';

interface Row {
  behind: number;
  others: string[];
  unlogged: boolean;
  row_security: boolean;
  severities: string[];
}

// Looked at of the newest alerts: this is told to people, and the table may be large.
const NEWEST = 'select a.severity from senate_alerts a order by a.id desc limit 1000';
// A wrong clock or time zone may put an alert anywhere, so the index by when it came is the way; it holds critical
// ones that lie back.
const BEHIND = `
  select from senate_alerts a
   where a.severity = 'critical' and a.ack_at is null and (a.created_at is null or a.created_at < a.noted_at)
     and coalesce(a.kind, '') <> 'runaway' and a.noted_at > now() - interval '1 day'
         and (a.created_at is null or a.created_at < a.noted_at - interval '35 minutes')
   limit 1000`;

/**
 * Records alerts and takes them back: the table may be another system's. And tells of alerts that count toward no
 * auto-pause although they were meant to.
 */
export async function checkAlerts(db: Database): Promise<Finding> {
  const check = 'alerts';
  const {
    rows: [known],
  } = await db.query<{ known: boolean }>("select to_regproc('senate_alerts_problem') is not null as known");
  if (!known?.known) return failed(check, 'cannot be looked at: migrations are missing', 'run `orchestra db migrate`');
  const problems = await alertsTableProblems(db);
  if (problems.length > 0)
    return failed(
      check,
      visibleText(problems.join('; ')),
      'until then no alert is recorded or judged, no pause stays with its alert, and no task is held',
    );
  const {
    rows: [row],
  } = await db.query<Row>(
    `select (select count(*)::int from (${BEHIND}) b) as behind,
            array(select format('%I.%I', n.nspname, o.relname)
                    from pg_class o
                    join pg_namespace n on n.oid = o.relnamespace
                   where o.relname = 'senate_alerts' and o.relkind in ('r', 'p', 'f') and o.oid <> c.oid
                      -- nor one of another installation of Orchestra
                      and not exists (select
                                        from pg_class m
                                       where m.relnamespace = n.oid
                                         and m.relname = 'claim_marker')
                    order by 1
                    limit 5) as others,
            array(select distinct s.severity
                    from (${NEWEST}) s
                   where s.severity not in ('low', 'medium', 'high', 'critical')
                   order by 1
                   limit 5) as severities,
            c.relpersistence = 'u' as unlogged, row_security_active(c.oid) as row_security
       from pg_class c where c.oid = 'senate_alerts'::regclass`,
  );
  if (row === undefined) throw new Error('senate_alerts is not in the catalog');
  if (row.others.length > 0)
    return warning(
      check,
      `alerts in ${row.others.map(visibleText).join(', ')} count for nothing: this database uses another senate_alerts`,
      "let the other system write to the one that `select 'senate_alerts'::regclass` names, or rename the " +
        'one that nobody uses',
    );
  if (row.behind > 0)
    return warning(
      check,
      `${row.behind} critical alerts of the last day came with a created_at more than 35 minutes back, or ` +
        'with none, and counted toward no auto-pause',
      'see the clock and the time zone of the system that writes them',
    );
  if (row.row_security)
    return warning(
      check,
      'row-level security of senate_alerts holds for this role: alerts that it hides count for nothing',
      'alter role … bypassrls for the role of the services, or a policy that shows it all rows',
    );
  if (row.unlogged)
    return warning(
      check,
      'senate_alerts is unlogged: a crash of the server empties it',
      'alter table senate_alerts set logged',
    );
  if (row.severities.length > 0)
    return warning(
      check,
      `alerts of severity ${row.severities.map((severity) => visibleText(severity)).join(', ')} are kept, ` +
        'and count toward no auto-pause: only "critical" does',
      'let the system that writes them say critical where a pause is wanted',
    );
  return ok(check, 'senate_alerts takes alerts');
}
