import type { ActPreview } from '@orchestra/task-queue/contract';
import type { Acted, ActWords } from '../act-on-selected.ts';
import { visibleText } from './visible-text.ts';

const LISTED_MAX = 20;

/** What a command has done to tasks: their ids, or how many, and what it passed over. */
export function showActed({ changed, changed_ids: ids, passed_over: passedOver }: Acted, { done }: ActWords): string {
  const what =
    changed === 0
      ? `nothing was ${done}`
      : changed <= LISTED_MAX
        ? `${done}: ${ids.join(', ')}`
        : `${done}: ${changed} tasks`;
  return [
    what,
    ...passedOver.slice(0, LISTED_MAX).map(({ says }) => visibleText(says)),
    ...(passedOver.length > LISTED_MAX ? [`and ${passedOver.length - LISTED_MAX} more were passed over`] : []),
  ].join('\n');
}

/** What it would do. */
export function showActPreview(
  { count, more, first_ids: first, passed_over: passedOver }: ActPreview,
  { done }: ActWords,
): string {
  const which = count === 0 ? '' : `: ${first.join(', ')}${count > first.length ? ', …' : ''}`;
  return [
    `dry run: ${count}${more ? ' or more' : ''} ${count === 1 ? 'task' : 'tasks'} would be ${done}${which}`,
    ...passedOver.slice(0, LISTED_MAX).map(({ says }) => visibleText(says)),
  ].join('\n');
}
