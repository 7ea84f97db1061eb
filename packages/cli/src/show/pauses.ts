import type { ActivePauseView, AttachedWork } from '@orchestra/pause-core/contract';
import { showAttached } from './attached.ts';
import { sayDuration } from './duration.ts';
import { sayInstant } from './instant.ts';
import { sayScope } from './say-pause.ts';
import { table } from './table.ts';

// Of `agent a-name-of-some-length` enough to tell one from the other on a terminal of 80 columns.
const SCOPE_LEAST = 24;

/** The active pauses as a table; one line where there is none. */
export function showPauses(pauses: readonly ActivePauseView[]): string {
  if (pauses.length === 0) return 'nothing is paused';
  const listed = table(pauses, [
    { head: 'ID', cell: (pause) => pause.id, whole: true },
    { head: 'SCOPE', cell: sayScope, least: SCOPE_LEAST },
    { head: 'BY', cell: (pause) => pause.paused_by },
    {
      head: 'SINCE',
      cell: (pause) => `${sayDuration(pause.age_seconds)} ago (${sayInstant(pause.paused_at)})`,
      short: (pause) => `${sayDuration(pause.age_seconds, 1)} ago`,
      least: '59m ago'.length,
    },
    { head: 'LEFT', cell: sayLeft, short: sayLeftShort },
    {
      head: 'IN FLIGHT',
      cell: (pause) => (pause.quiet ? 'quiet' : pause.in_flight_count + pause.claimed_ahead_count),
      align: 'right',
    },
    { head: 'WAITING', cell: (pause) => (pause.queued_more ? `${pause.queued}+` : pause.queued), align: 'right' },
    { head: 'REASON', cell: (pause) => pause.reason },
  ]);
  // Numbers of other queues have lines of their own: another engine's jobs are no tasks.
  const attached = pauses.flatMap(({ id, attached: works = [] }) =>
    showAttached(works.filter(hasWork)).map((line) => `pause ${id}: ${line}`),
  );
  return [listed, ...attached].join('\n');
}

function hasWork({
  not_read: notRead,
  in_flight_count: begun,
  claimed_ahead_count: ahead,
  queued,
}: AttachedWork): boolean {
  return notRead !== null || (begun ?? 0) + (ahead ?? 0) + (queued ?? 0) > 0;
}

function sayLeft(pause: ActivePauseView): string {
  if (pause.stayed_at !== null) return 'over: waits for a person';
  if (pause.probing_at !== null)
    return `over: probing${pause.probe_task_id === null ? '' : ` with task ${pause.probe_task_id}`}`;
  if (pause.remaining_seconds === null) return 'until cleared';
  return `${sayDuration(pause.remaining_seconds)}${pause.then === 'resume' ? '' : `, then ${pause.then}`}`;
}

function sayLeftShort({ stayed_at: stayed, probing_at: probing, remaining_seconds: left }: ActivePauseView): string {
  if (stayed !== null) return 'waits';
  if (probing !== null) return 'probing';
  return left === null ? 'no end' : sayDuration(left, 1);
}
