import type { TaskEventView, TaskView } from '@orchestra/task-queue/contract';
import { sayDuration } from './duration.ts';
import { sayAgo, sayInstant } from './instant.ts';
import { table } from './table.ts';
import { printableJson, visibleText } from './visible-text.ts';
import { COMMAND } from '../command-name.ts';

/** Tasks as a table; one line where there is none. */
export function showTasks(tasks: readonly TaskView[], now: Date = new Date()): string {
  if (tasks.length === 0) return 'no tasks';
  return table(tasks, [
    { head: 'ID', cell: (task) => task.id, whole: true },
    { head: 'STATUS', cell: sayStatus },
    { head: 'AGENT', cell: (task) => task.agent_id },
    { head: 'SKILL', cell: (task) => task.skill },
    { head: 'QUEST', cell: (task) => task.quest_id },
    { head: 'ACTOR', cell: (task) => task.actor_id },
    { head: 'PRIO', cell: (task) => task.priority, align: 'right' },
    { head: 'TRY', cell: (task) => `${task.attempt}/${task.max_attempts}`, align: 'right' },
    { head: 'AGE', cell: (task) => since(task.created_at, now), align: 'right' },
    { head: 'RAN', cell: (task) => sayRan(task, now), align: 'right' },
  ]);
}

/** Tasks that have failed, with why and when: what an operator goes through to retry them. */
export function showFailedTasks(tasks: readonly TaskView[], now: Date = new Date()): string {
  if (tasks.length === 0) return 'no tasks';
  return table(tasks, [
    { head: 'ID', cell: (task) => task.id, whole: true },
    { head: 'AGENT', cell: (task) => task.agent_id },
    { head: 'SKILL', cell: (task) => task.skill },
    { head: 'QUEST', cell: (task) => task.quest_id },
    { head: 'ACTOR', cell: (task) => task.actor_id },
    { head: 'TRY', cell: (task) => `${task.attempt}/${task.max_attempts}`, align: 'right' },
    {
      head: 'FAILED',
      cell: (task) => (task.finished_at === null ? null : `${since(task.finished_at, now)} ago`),
      align: 'right',
    },
    { head: 'RAN', cell: (task) => sayRan(task, now), align: 'right' },
    { head: 'ERROR', cell: (task) => task.last_run?.error?.split('\n', 1)[0] },
  ]);
}

const since = (instant: string, now: Date): string => sayDuration((now.getTime() - Date.parse(instant)) / 1_000, 1);

/** How long its run is under way, or how long the last one took; null: it never ran. */
function sayRan({ status, started_at: startedAt, last_run: lastRun }: TaskView, now: Date): string | null {
  if (status === 'running' && startedAt !== null) return since(startedAt, now);
  return lastRun?.duration_ms === null || lastRun === null ? null : sayRunDuration(lastRun.duration_ms);
}

/** `0.4s` below ten seconds. */
function sayRunDuration(ms: number): string {
  return ms < 9_950 ? `${(ms / 1_000).toFixed(1)}s` : sayDuration(ms / 1_000);
}

function sayStatus(task: TaskView): string {
  const because = [
    ...(task.questions !== null && task.answer === null && task.status !== 'running' ? ['asks'] : []),
    ...(task.paused_at !== null ? ['parked'] : []),
    ...(task.status === 'queued' && task.deferred_by !== null ? [`pause ${task.deferred_by}`] : []),
  ];
  return because.length === 0 ? task.status : `${task.status} (${because.join(', ')})`;
}

/** Of a task under a pause the time says little: the pause may end by no clock, or be cleared at any moment. */
function sayEligible({ id, next_eligible_at: from, deferred_by: pause }: TaskView): string {
  return pause === null
    ? `from ${sayInstant(from)}`
    : `as soon as no pause covers it, as pause ${pause} does; to see when: ${COMMAND} task why ${id}`;
}

/** `by dana 4m ago (03:00:12Z): waits for the new schema`; of a parked task. */
export function sayParked(task: TaskView): string {
  const ago = task.paused_at === null ? '' : ` ${sayAgo(task.paused_at)}`;
  return `by ${visibleText(task.paused_by ?? 'someone')}${ago}: ${visibleText(task.pause_reason ?? 'no reason given')}`;
}

/** One task with everything that is known of it. */
export function showTask(task: TaskView): string {
  const lines: [string, string | null][] = [
    ['task', task.id],
    ['status', sayStatus(task)],
    ['agent', task.agent_id],
    ['skill', task.skill],
    ['quest', task.quest_id],
    ['actor', task.actor_id],
    ['repo', task.repo],
    [
      'stage',
      task.stage === null
        ? null
        : `${task.stage} of ${task.pipeline ?? 'no pipeline'}${task.stage_since === null ? '' : `, since ${sayAgo(task.stage_since)}`}`,
    ],
    ['priority', String(task.priority)],
    ['created', `${sayAgo(task.created_at)} by ${task.created_by}`],
    ['eligible', task.status === 'queued' ? sayEligible(task) : null],
    ['parked', task.paused_at === null ? null : sayParked(task)],
    [
      'held',
      task.held_at === null
        ? null
        : `since ${sayAgo(task.held_at)}${task.questions !== null && task.answer === null ? '' : `; once it is repaired: ${COMMAND} task release ${task.id}`}`,
    ],
    ['evidence', isNothing(task.held_evidence) ? null : printableJson(task.held_evidence, 2)],
    [
      'disturbed',
      task.transient_failures === 0 ? null : `${task.transient_failures} times in a row; that uses up no attempt`,
    ],
    ['attempt', `${task.attempt} of ${task.max_attempts}`],
    ['crashes', task.crashes === 0 ? null : `${task.crashes} of ${task.max_crashes}: its worker was lost while it ran`],
    [
      'run',
      task.run_id === null
        ? null
        : `${task.run_id} on ${task.worker ?? 'an unknown worker'}${task.host === null ? '' : `, ${task.host}`}${task.pid === null ? '' : ` pid ${task.pid}`}`,
    ],
    ['started', task.started_at === null ? null : sayAgo(task.started_at)],
    ['finished', task.finished_at === null ? null : sayAgo(task.finished_at)],
    ['last run', task.last_run === null ? null : sayLastRun(task.last_run)],
    ['error', task.last_run?.error ?? null],
    ['to retry', task.status === 'failed' || task.status === 'cancelled' ? `${COMMAND} task retry ${task.id}` : null],
    ['heartbeat', task.heartbeat_at === null ? null : sayAgo(task.heartbeat_at)],
    ['payload', printableJson(task.payload, 2)],
    ['cursor', isNothing(task.cursor) ? null : printableJson(task.cursor, 2)],
    [
      'asked',
      task.asked_at === null
        ? null
        : `${sayAgo(task.asked_at)}${task.answer === null ? `; to answer: ${COMMAND} task answer ${task.id}` : ''}`,
    ],
    ['questions', task.questions],
    ['answered', task.answered_at === null ? null : `${sayAgo(task.answered_at)} by ${task.answered_by ?? 'someone'}`],
    ['answer', task.answer],
    ['result', isNothing(task.result) ? null : printableJson(task.result, 2)],
  ];
  const width = Math.max(...lines.map(([name]) => name.length)) + 2;
  return lines
    .filter((line): line is [string, string] => line[1] !== null)
    .map(
      ([name, text]) =>
        name.padEnd(width) +
        text
          .split('\n')
          .map(visibleText)
          .join(`\n${' '.repeat(width)}`),
    )
    .join('\n');
}

/** `failed after 12s at attempt 3, 4m ago (03:00:12Z), at worker w-1` */
function sayLastRun({
  as,
  ended_at: endedAt,
  duration_ms: ms,
  attempt,
  worker,
}: NonNullable<TaskView['last_run']>): string {
  const after = ms === null ? '' : ` after ${sayRunDuration(ms)}`;
  const atAttempt = attempt === null ? '' : ` at attempt ${attempt}`;
  const atWorker = worker === null ? '' : `, at worker ${worker}`;
  return `${as}${after}${atAttempt}, ${sayAgo(endedAt)}${atWorker}`;
}

/** What happened to a task, oldest first. */
export function showTaskEvents(events: readonly TaskEventView[]): string {
  if (events.length === 0) return 'nothing has happened yet';
  return table(events, [
    { head: 'AT', cell: (event) => sayAgo(event.at) },
    { head: 'EVENT', cell: (event) => event.kind },
    { head: 'BY', cell: (event) => event.by },
    { head: 'RUN', cell: (event) => event.run_id?.slice(0, 8) },
    { head: 'DATA', cell: (event) => (isNothing(event.data) ? null : printableJson(event.data)) },
  ]);
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined;
}
