import { STATUS_WORDS, type TaskWhy } from '@orchestra/task-queue/contract';
import { sayDuration } from './duration.ts';
import { sayInstant } from './instant.ts';
import { visibleText } from './visible-text.ts';

/** Why a task is not running, what must go first, and when it could start. */
export function showWhy(why: TaskWhy): string {
  const now = new Date(why.at);
  return [
    `task ${why.task_id} ${STATUS_WORDS[why.status]}${why.can_start_now ? ', and nothing holds it' : ''}`,
    ...why.holds.map((hold, place) => `  ${place + 1}. ${visibleText(hold.says)}`),
    ...(why.status === 'queued'
      ? [`ahead of it: ${sayAhead(why.ahead)}`, `earliest start: ${sayStart(why.earliest_start, now)}`]
      : []),
    ...why.if_cleared.map(({ pause_id: pause, ready_at: at, ahead }) =>
      at === null
        ? `if pause ${pause} is cleared, it would still be blocked; no end known`
        : `if pause ${pause} is cleared, it is ready ` +
          `${at === why.at ? 'now' : `at ${sayStart(at, now)}`}${ahead === null ? '' : ` (${sayInFront(ahead)})`}`,
    ),
  ].join('\n');
}

function sayAhead({ count, more }: TaskWhy['ahead']): string {
  if (count === 0) return 'nothing that may start now';
  return `${more ? 'more than ' : ''}${count} ${count === 1 ? 'task' : 'tasks'} that may start now`;
}

/** Of those for the same workers. */
function sayInFront({ count, more }: TaskWhy['ahead']): string {
  return `${more ? 'more than ' : ''}${count} ${count === 1 ? 'task' : 'tasks'} ahead`;
}

function sayStart(at: string | null, now: Date): string {
  if (at === null) return 'that depends on what is said above';
  const inSeconds = (Date.parse(at) - now.getTime()) / 1_000;
  return inSeconds <= 0 ? 'now' : `${sayInstant(at, now)} (in ${sayDuration(inSeconds)})`;
}
