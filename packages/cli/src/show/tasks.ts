import type { TaskEventView, TaskView } from '@orchestra/task-queue/contract';
import { sayAgo, sayInstant } from './instant.ts';
import { table } from './table.ts';
import { printableJson, visibleText } from './visible-text.ts';
import { COMMAND } from '../command-name.ts';

/** Tasks as a table; one line where there is none. */
export function showTasks(tasks: readonly TaskView[]): string {
  if (tasks.length === 0) return 'no tasks';
  return table(tasks, [
    { head: 'ID', cell: (task) => task.id },
    { head: 'STATUS', cell: sayStatus },
    { head: 'AGENT', cell: (task) => task.agent_id },
    { head: 'SKILL', cell: (task) => task.skill },
    { head: 'QUEST', cell: (task) => task.quest_id },
    { head: 'ACTOR', cell: (task) => task.actor_id },
    { head: 'PRIORITY', cell: (task) => task.priority, align: 'right' },
    { head: 'ATTEMPT', cell: (task) => `${task.attempt}/${task.max_attempts}`, align: 'right' },
    { head: 'CREATED', cell: (task) => sayAgo(task.created_at) },
  ]);
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
  return pause === null ? `from ${sayInstant(from)}` : `as soon as no pause covers it, as pause ${pause} does; to see when: ${COMMAND} task why ${id}`;
}

/** `by dana 4m ago (03:00:12Z): waits for the new schema`; of a parked task. */
export function sayParked(task: TaskView): string {
  return `by ${visibleText(task.paused_by ?? 'someone')}${task.paused_at === null ? '' : ` ${sayAgo(task.paused_at)}`}: ${visibleText(task.pause_reason ?? 'no reason given')}`;
}

/** One task with everything that is known of it. */
export function showTask(task: TaskView): string {
  const lines: [string, string | null][] = [
    ['task', task.id],
    ['status', sayStatus(task)],
    ['agent', task.agent_id], ['skill', task.skill], ['quest', task.quest_id], ['actor', task.actor_id], ['repo', task.repo],
    ['stage', task.stage === null ? null : `${task.stage} of ${task.pipeline ?? 'no pipeline'}${task.stage_since === null ? '' : `, since ${sayAgo(task.stage_since)}`}`],
    ['priority', String(task.priority)],
    ['created', `${sayAgo(task.created_at)} by ${task.created_by}`],
    ['eligible', task.status === 'queued' ? sayEligible(task) : null],
    ['parked', task.paused_at === null ? null : sayParked(task)],
    ['held', task.held_at === null ? null : `since ${sayAgo(task.held_at)}${task.questions !== null && task.answer === null ? '' : `; once it is repaired: ${COMMAND} task release ${task.id}`}`],
    ['evidence', isNothing(task.held_evidence) ? null : printableJson(task.held_evidence, 2)],
    ['disturbed', task.transient_failures === 0 ? null : `${task.transient_failures} times in a row; that uses up no attempt`],
    ['attempt', `${task.attempt} of ${task.max_attempts}`],
    ['crashes', task.crashes === 0 ? null : `${task.crashes} of ${task.max_crashes}: its worker was lost while it ran`],
    ['run', task.run_id === null ? null : `${task.run_id} on ${task.worker ?? 'an unknown worker'}${task.host === null ? '' : `, ${task.host}`}${task.pid === null ? '' : ` pid ${task.pid}`}`],
    ['started', task.started_at === null ? null : sayAgo(task.started_at)],
    ['heartbeat', task.heartbeat_at === null ? null : sayAgo(task.heartbeat_at)],
    ['payload', printableJson(task.payload, 2)],
    ['cursor', isNothing(task.cursor) ? null : printableJson(task.cursor, 2)],
    ['asked', task.asked_at === null ? null : `${sayAgo(task.asked_at)}${task.answer === null ? `; to answer: ${COMMAND} task answer ${task.id}` : ''}`],
    ['questions', task.questions],
    ['answered', task.answered_at === null ? null : `${sayAgo(task.answered_at)} by ${task.answered_by ?? 'someone'}`],
    ['answer', task.answer],
    ['result', isNothing(task.result) ? null : printableJson(task.result, 2)],
  ];
  const width = Math.max(...lines.map(([name]) => name.length)) + 2;
  return lines
    .filter((line): line is [string, string] => line[1] !== null)
    .map(([name, text]) => name.padEnd(width) + text.split('\n').map(visibleText).join(`\n${' '.repeat(width)}`))
    .join('\n');
}

/** What happened to a task, oldest first. */
export function showTaskEvents(events: readonly TaskEventView[]): string {
  if (events.length === 0) return 'nothing has happened yet';
  return table(events, [
    { head: 'AT', cell: (event) => sayAgo(event.at) },
    { head: 'EVENT', cell: (event) => event.kind },
    { head: 'BY', cell: (event) => event.by },
    { head: 'RUN', cell: (event) => event.run_id?.slice(0, 8) },
    { head: 'DATA', cell: (event) => isNothing(event.data) ? null : printableJson(event.data) },
  ]);
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined;
}
