import type { LabelNumbers } from '@orchestra/task-queue/contract';
import { table } from './table.ts';

const BARS = '▁▂▃▄▅▆▇█';
const BAR_MINUTES = 5;

/** Labels with what they have to do and how they fare, those with the most to do first. */
export function showLabels(by: string, labels: readonly LabelNumbers[]): string {
  if (labels.length === 0) return `no ${by} has anything to do, or had in the last hour`;
  return table(labels, [
    { head: by.toUpperCase(), cell: (label) => label.value },
    { head: 'QUEUED', cell: (label) => (label.queued_more ? `${label.queued}+` : label.queued), align: 'right' },
    { head: 'RUNNING', cell: (label) => label.running, align: 'right' },
    {
      head: 'PAUSED',
      cell: (label) =>
        label.paused === null
          ? label.deferred === 0
            ? null
            : `${label.deferred} of them`
          : `by pause ${label.paused}`,
    },
    { head: 'FAILED 1H', cell: (label) => label.failed_last_hour, align: 'right' },
    { head: 'ALERTS 1H', cell: (label) => label.alerts_last_hour, align: 'right' },
    { head: 'FINISHED, LAST HOUR', cell: (label) => sparkline(label.per_minute.finished) },
  ]);
}

/** One character for each five minutes, the tallest being the most of them all. */
export function sparkline(minutes: readonly number[]): string {
  const sums = Array.from({ length: Math.ceil(minutes.length / BAR_MINUTES) }, (_, place) =>
    minutes.slice(place * BAR_MINUTES, (place + 1) * BAR_MINUTES).reduce((sum, count) => sum + count, 0),
  );
  const most = Math.max(0, ...sums);
  return sums.map((sum) => BARS[most === 0 ? 0 : Math.round((sum / most) * (BARS.length - 1))] ?? '').join('');
}
