import type { TriageAnswer, TriageView } from '@orchestra/task-queue/contract';
import { COMMAND } from '../command-name.ts';
import { sayInstant } from './instant.ts';
import { table } from './table.ts';
import { visibleText } from './visible-text.ts';

const PASSED_MAX = 20;

/** What waits under a pause, in groups. */
export function sayTriage({ pause_id: id, by, counted, more, groups, groups_more: groupsMore }: TriageView): string {
  if (groups.length === 0) return `nothing waits under pause ${id} that is not parked`;
  return [
    `${counted}${more ? ' or more tasks wait' : counted === 1 ? ' task waits' : ' tasks wait'} under ` +
      `pause ${id}, by ${by}:`,
    table(groups, [
      { head: 'GROUP', cell: ({ key }) => (key === '' ? '""' : key), whole: true },
      { head: 'TASKS', cell: ({ tasks }) => tasks, align: 'right' },
      { head: 'OLDEST', cell: ({ oldest_at: at }) => sayInstant(at), whole: true },
      { head: 'WHAT', cell: ({ says }) => says },
    ]),
    ...(groupsMore ? ['there are more groups; those with the most tasks are shown'] : []),
    `to cancel or park some of them: ${COMMAND} senate triage ${id} --by ${by} --cancel GROUP --park GROUP [--clear]`,
  ].join('\n');
}

/** What was done about them, or with `--dry-run` would be. */
export function sayTriaged({ dry_run: isDryRun, cancelled, parked, left, passed_over: passed }: TriageAnswer): string {
  const what = isDryRun
    ? `dry run: ${cancelled} would be cancelled, ${parked} parked; ${left} would be left to run`
    : `${cancelled} cancelled, ${parked} parked; ${left} left to run once the pause ends`;
  return [what, ...passed.slice(0, PASSED_MAX).map(({ says }) => visibleText(says))].join('\n');
}
