import type { PausePreview, PauseReceipt, RunInFlight } from '@orchestra/pause-core/contract';
import { labelsOf, scopeOf } from '@orchestra/pause-core/scope';
import { showAttached, showAttachedReceipt } from './attached.ts';
import { sayConfirmed } from './gates-of-pause.ts';
import { sayAgo } from './instant.ts';
import { beyond, indented } from './listed.ts';
import { sayNotKnown } from './not-known.ts';
import { sayShared } from './pause-page.ts';
import { howToStop } from './stop.ts';
import { loud, sayEnd, sayPause, sayScope } from './say-pause.ts';
import { table, terminalWidth } from './table.ts';
import { visibleText } from './visible-text.ts';
import { COMMAND } from '../command-name.ts';

/** What a pause did, and what it has not done (yet). */
export function showReceipt(receipt: PauseReceipt): string {
  return [
    `paused ${sayScope(receipt)} ${sayEnd(receipt)} (pause ${receipt.id}, by ` +
      `${visibleText(receipt.paused_by)}): ${visibleText(receipt.reason)}`,
    receipt.settled === true
      ? receipt.scope_kind === 'fleet'
        ? 'settled: from now on no task starts, with or without labels'
        : 'settled: from now on none of its tasks starts'
      : receipt.settled === null
        ? loud(
            'NOT KNOWN WHETHER SETTLED: the pause was made, and nothing that claims from now on takes its tasks; ' +
              'whether earlier claims have ended could not be asked; look again with `' +
              COMMAND +
              ' senate pauses`',
          )
        : loud(
            'NOT SETTLED: a claim that began before the pause has not ended yet, and may still start one of its ' +
              'tasks; look again with `' +
              COMMAND +
              ' senate pauses`',
          ),
    ...unknownLabel(receipt),
    ...showReceiptWork(receipt),
    ...showAttachedReceipt(receipt.attached),
    ...attachedWhileProbing(receipt),
    ...sayConfirmed(receipt.gates),
    ...(receipt.durable === 'replicated' ? ['durable: a standby has it too'] : []),
    ...((receipt.in_flight_count ?? 0) > 0 && receipt.stop === null ? [howToStop(receipt.id)] : []),
    `to end it${receipt.expires_at === null ? '' : ' earlier'}: ${COMMAND} senate unpause ${scopeWords(receipt)}`,
  ].join('\n');
}

/** What a pause would do. */
export function showPreview(preview: PausePreview): string {
  return [
    `dry run: nothing was changed`,
    ...unknownLabel(preview),
    ...preview.other_pauses.map((pause) => `already: ${sayPause(pause)}${sayShared(pause)}`),
    ...showWork(preview),
    ...showAttached(preview.attached),
    ...(preview.queued_share === null
      ? []
      : [
          `${sayShare(preview.queued_share)} of the ` +
            `queue${preview.broad && preview.queued_share > 0.5 ? loud(', more than half') : ''}`,
        ]),
    ...blastLines(preview),
  ].join('\n');
}

/** A test task is one of Orchestra's own: what happens to the jobs of other queues until it has ended. */
function attachedWhileProbing({ then, attached }: PauseReceipt): string[] {
  if (then !== 'probe' || attached === null || attached.length === 0) return [];
  return ['when its time is over, jobs of attached queues stay paused until a test task of Orchestra has succeeded'];
}

function unknownLabel({
  label_known: isKnown,
  near_labels: near = [],
  unknown_kind: kind,
  ...scope
}: PauseReceipt | PausePreview): string[] {
  if (isKnown !== false) return [];
  return [sayNotKnown(scope, near, 'no task, run, worker or earlier pause', kind)];
}

function sayShare(share: number): string {
  const percent = share * 100;
  return percent > 0 && percent < 1 ? 'less than 1 %' : `${Math.round(percent)} %`;
}

/** What would stand still beside the tasks themselves. */
function blastLines({ quests, repos }: PausePreview): string[] {
  return [
    ...(quests.length === 0
      ? []
      : [
          'quests:',
          indented(
            table(
              quests,
              [
                { head: 'QUEST', cell: (quest) => quest.quest_id },
                { head: 'HELD', cell: (quest) => quest.queued, align: 'right' },
                {
                  head: '',
                  cell: (quest) =>
                    quest.stalled ? 'stalls: nothing of it is left to go on with' : 'goes on with the rest',
                },
              ],
              terminalWidth() - 2,
            ),
          ),
        ]),
    ...repos.map(
      ({ repo, head_held: task }) => `repo ${visibleText(repo)}: its serial gate stands still behind task ${task}`,
    ),
  ];
}

/** Once the pause is made, what is not known of it is no failure. */
function showReceiptWork({
  stop,
  in_flight,
  in_flight_count,
  claimed_ahead_count,
  queued,
  queued_more,
  not_read: notRead,
}: PauseReceipt): string[] {
  const lines =
    in_flight === null ||
    in_flight_count === null ||
    claimed_ahead_count === null ||
    queued === null ||
    queued_more === null
      ? ['the pause was made; its numbers could not be read']
      : showWork({ in_flight, in_flight_count, claimed_ahead_count, queued, queued_more }, stop !== null);
  return notRead === null ? lines : [...lines, `could not be read: ${notRead}`];
}

function showWork(
  work: Pick<PausePreview, 'in_flight' | 'in_flight_count' | 'claimed_ahead_count' | 'queued' | 'queued_more'>,
  isStopping = false,
): string[] {
  return [
    ...inFlight(work.in_flight, work.in_flight_count, isStopping),
    ...claimedAhead(work.claimed_ahead_count),
    waiting(work.queued, work.queued_more),
  ];
}

function inFlight(runs: readonly RunInFlight[], count: number, isStopping: boolean): string[] {
  if (count === 0) return ['in flight: nothing'];
  return [
    isStopping
      ? `in flight, and told to stop: ${count === 1 ? '1 run' : `${count} runs`}`
      : `in flight: ${count === 1 ? '1 task still running (it will finish normally)' : `${count} tasks still running (they will finish normally)`}`,
    indented(
      table(
        runs,
        [
          { head: 'TASK', cell: (run) => run.task_id, whole: true },
          { head: 'AGENT', cell: (run) => run.agent_id },
          { head: 'SKILL', cell: (run) => run.skill },
          { head: 'SINCE', cell: (run) => sayAgo(run.started_at) },
          { head: 'WORKER', cell: (run) => run.worker },
        ],
        terminalWidth() - 2,
      ),
    ),
    ...beyond(count - runs.length),
  ];
}

function claimedAhead(count: number): string[] {
  if (count === 0) return [];
  return [
    `claimed ahead: ${count === 1 ? '1 task has not begun, and goes' : `${count} tasks have not begun, and go`} back unless that has just changed`,
  ];
}

function waiting(queued: number, more: boolean): string {
  if (more) return `waiting: more than ${queued} queued tasks paused (their order is kept)`;
  if (queued === 0) return 'waiting: nothing';
  return queued === 1
    ? 'waiting: 1 queued task paused (its place is kept)'
    : `waiting: ${queued} queued tasks paused (their order is kept)`;
}

/** The scope as a command takes it. */
function scopeWords(receipt: PauseReceipt): string {
  const [first, ...others] = labelsOf(scopeOf(receipt));
  if (first === undefined) return '--fleet';
  return [`${first[0]} ${shellWord(first[1])}`, ...others.map(([kind, value]) => `--${kind} ${shellWord(value)}`)].join(
    ' ',
  );
}

/** A word that can be pasted into a shell as it is. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${visibleText(text).replaceAll("'", `'\\''`)}'`;
}
