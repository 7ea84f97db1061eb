import type { Database } from '@orchestra/database';
import { visibleText } from '../show/visible-text.ts';
import { failed, ok, warning, type Finding } from './finding.ts';

interface Row { problem: string | null; behind: number }

/** Records alerts and takes them back: the table may be another system's. And tells of alerts that came too late to count toward an auto-pause. */
export async function checkAlerts(db: Database): Promise<Finding> {
  const check = 'alerts';
  const { rows: [known] } = await db.query<{ known: boolean }>("select to_regproc('senate_alerts_problem') is not null as known");
  if (!known?.known) return failed(check, 'cannot be looked at: migrations are missing', 'run `orchestra db migrate`');
  const { rows: [row] } = await db.query<Row>(
    `select senate_alerts_problem() as problem,
            (select count(*)::int from (select from senate_alerts a
               where a.severity = 'critical' and a.ack_at is null and a.kind <> 'runaway' and a.noted_at > now() - interval '1 day'
                 and a.created_at < a.noted_at - interval '35 minutes' limit 1000) b) as behind`);
  if (row === undefined) throw new Error('a statement without a from answered no row');
  if (row.problem !== null) return failed(check, visibleText(row.problem), 'until then no alert is recorded, no pause stays with its alert, and no task is held');
  if (row.behind > 0) return warning(check, `${row.behind} critical alerts of the last day came with a created_at more than 35 minutes back, and counted toward no auto-pause`, 'see the clock and the time zone of the system that writes them');
  return ok(check, 'senate_alerts takes alerts');
}
