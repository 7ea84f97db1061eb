import type { Queryable } from '@orchestra/database';
import { ALERT_COLUMNS, toAlert, toAlertView, type AlertRow, type LabelKind } from '@orchestra/pause-core';
import { MINUTES, type LabelNumbers, type LabelPage } from '../contract/numbers.ts';
import { oneKnown } from '../pauses/label-known.ts';
import { labelOfAlert, readLabelNumbers } from './label-numbers.ts';

const ALERTS_LISTED_MAX = 20;
// Alerts of the last day that are looked at, the newest.
const ALERTS_SEARCHED_MAX = 5_000;

const alertsOf = (kind: LabelKind): string => `
select ${ALERT_COLUMNS}
  from (select a.* from senate_alerts a order by a.id desc limit ${ALERTS_SEARCHED_MAX}) a${labelOfAlert(kind)}
 where a.created_at > now() - interval '1 day'
   and label.value = $1
 order by a.id desc
 limit ${ALERTS_LISTED_MAX}`;

/** One agent, skill, quest or actor: its numbers, whether anything ever carried it, and its latest alerts. */
export async function readLabelPage(
  db: Queryable,
  { kind, value }: { kind: LabelKind; value: string },
): Promise<Omit<LabelPage, 'age_ms'>> {
  const { since, labels } = await readLabelNumbers(db, { by: kind, value, limit: 1 });
  const known = await oneKnown(db, kind, value, null);
  const { rows: alerts } = await db.query<AlertRow>(alertsOf(kind), [value]);
  return {
    since,
    ...known,
    numbers: labels[0] ?? nothingOf(value),
    alerts: alerts.map((row) => toAlertView(toAlert(row))),
  };
}

/** Of a label that is not at work, not in the queue and not paused. */
function nothingOf(value: string): LabelNumbers {
  const none = Array.from({ length: MINUTES }, () => 0);
  return {
    value,
    queued: 0,
    queued_more: false,
    running: 0,
    deferred: 0,
    failed_last_hour: 0,
    alerts_last_hour: 0,
    paused: null,
    per_minute: { finished: none, failed: none },
  };
}
