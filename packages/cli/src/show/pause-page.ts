import type { OtherPause, PausePage } from '@orchestra/pause-core/contract';
import { showAttached } from './attached.ts';
import { showPauseGates } from './gates-of-pause.ts';
import { sayAgo, sayInstant } from './instant.ts';
import { beyond, indented } from './listed.ts';
import { sayPause, sayScope, sayUntil } from './say-pause.ts';
import { sayRelease } from './release.ts';
import { table, terminalWidth } from './table.ts';
import { visibleText } from './visible-text.ts';

/** The receipt of one pause as of now, with what happened to it. */
export function showPausePage(page: PausePage): string {
  const { pause } = page;
  return [
    `pause ${pause.id} on ${sayScope(pause)}, by ${visibleText(pause.paused_by)} (${pause.source}): ` +
      `${visibleText(pause.reason)}`,
    `in effect since ${sayAgo(page.effective_at)}`,
    sayState(page),
    `running when paused: ${page.admitted_before_count}; still running: ${page.in_flight_count}`,
    ...(page.admitted_before.length === 0
      ? []
      : [
          indented(
            table(
              page.admitted_before,
              [
                { head: 'TASK', cell: ({ run }) => run.task_id, whole: true },
                { head: 'AGENT', cell: ({ run }) => run.agent_id },
                { head: 'SKILL', cell: ({ run }) => run.skill },
                { head: 'WORKER', cell: ({ run }) => run.worker },
                { head: 'SINCE', cell: ({ run }) => sayInstant(run.started_at) },
                {
                  head: 'ENDED',
                  cell: ({ ended_at: at, ended_as: as }) =>
                    at === null ? 'in flight' : `${as ?? 'ended'} ${sayInstant(at)}`,
                },
              ],
              terminalWidth() - 2,
            ),
          ),
        ]),
    ...beyond(page.admitted_before_count - page.admitted_before.length),
    ...(pause.cleared_at === null ? [`waiting: ${page.held.more ? 'more than ' : ''}${page.held.count}`] : []),
    ...(page.release === null ? [] : [sayRelease(page.release)]),
    ...showAttached(page.attached),
    ...showPauseGates(page.gates),
    ...page.other_pauses.map((other) => `also: pause ${other.id}, ${sayPause(other)}${sayShared(other)}`),
    'what happened to it:',
    indented(
      table(
        page.timeline,
        [
          { head: 'AT', cell: ({ at }) => sayInstant(at) },
          { head: 'WHAT', cell: ({ what }) => what },
          { head: 'BY', cell: ({ by }) => by },
          { head: 'WHY', cell: ({ why }) => (why === '' ? null : why) },
        ],
        terminalWidth() - 2,
      ),
    ),
  ].join('\n');
}

/** Of the tasks that wait here, those that wait for the other pause as well. */
export function sayShared({ also_holds: count, also_holds_more: more }: OtherPause): string {
  if (count === null) return '';
  if (count === 0) return '; none of the waiting tasks is held by both';
  return (
    `; ${more ? 'more than ' : ''}${count} of the waiting tasks ${count === 1 ? 'is' : 'are'} held by ` +
    `both, and ${count === 1 ? 'starts' : 'start'} when both have ended`
  );
}

function sayState({ pause, in_flight_count: left }: PausePage): string {
  if (pause.cleared_at !== null)
    return `ended ${sayAgo(pause.cleared_at)}, by ${visibleText(pause.cleared_by ?? 'someone')}`;
  if (pause.stayed_at !== null) return `its time is over since ${sayInstant(pause.stayed_at)}: it waits for a person`;
  if (pause.probing_at !== null)
    return (
      `its time is over since ${sayInstant(pause.probing_at)}: it ` +
      `probes${pause.probe_task_id === null ? '' : ` with task ${pause.probe_task_id}`}`
    );
  const quiet =
    pause.quiet_at === null
      ? left === 0
        ? 'nothing in flight'
        : `draining, ${left} in flight`
      : `quiet since ${sayInstant(pause.quiet_at)}`;
  const then = pause.expires_at === null || pause.then === 'resume' ? '' : `, then ${pause.then}`;
  return `active ${sayUntil(pause)}${then}; ${quiet}`;
}
