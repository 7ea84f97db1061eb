import type { NoticeTargetView } from '@orchestra/pause-core/contract';
import { sayAgo } from './instant.ts';
import { table } from './table.ts';
import { manualPage } from '@orchestra/service-shell/manual';

/** How the sending of notices stands, target by target. */
export function showNotices(targets: readonly NoticeTargetView[]): string {
  if (targets.length === 0) return `no targets of notices are configured; see ${manualPage('operations.md')}`;
  return table(targets, [
    { head: 'TARGET', cell: (target) => target.name },
    { head: 'KIND', cell: (target) => target.kind },
    { head: 'STATE', cell: sayState },
    { head: 'WAITING', cell: (target) => target.backlog, align: 'right' },
    { head: 'SENT', cell: (target) => target.delivered, align: 'right' },
    { head: 'GIVEN UP', cell: (target) => target.given_up, align: 'right' },
    { head: 'LAST SENT', cell: (target) => (target.last_success_at === null ? null : sayAgo(target.last_success_at)) },
    {
      head: 'LAST FAILURE',
      cell: (target) =>
        target.last_failure_at === null
          ? null
          : `${sayAgo(target.last_failure_at)}: ${target.last_failure ?? 'unknown'}`,
    },
    { head: 'URL', cell: (target) => target.url },
  ]);
}

function sayState({ gone_at: gone, resting_until: resting }: NoticeTargetView): string {
  if (gone !== null) return `off since it answered 410, ${sayAgo(gone)}`;
  return resting !== null && Date.parse(resting) > Date.now() ? 'left alone for a while' : 'on';
}
