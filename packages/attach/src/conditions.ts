import { LABEL_KINDS } from '@orchestra/pause-core';
import type { Condition, LabelPlace, QueueDescription } from './queue.ts';
import { identifier, literal } from './quote.ts';

/**
 * A column of a row; the row's name is left out where it is empty, as a policy wants it, which is the same for every
 * partition.
 */
function columnOf(row: string, column: string): string {
  return row === '' ? identifier(column) : `${row}.${identifier(column)}`;
}

/** A row under this name (`old`, `new`, or none in a policy) fulfils all of them. */
export function all(row: string, conditions: readonly Condition[]): string {
  return conditions.map((condition) => one(row, condition)).join(' and ');
}

function one(row: string, condition: Condition): string {
  const column = columnOf(row, condition.column);
  return 'is' in condition ? `${column} is ${condition.is}` : `${column} in (${condition.in.map(literal).join(', ')})`;
}

/** A label of a row, as text; null where it has none. */
export function labelOf(row: string, { column, key }: LabelPlace): string {
  return key === undefined ? `${columnOf(row, column)}::text` : `(${columnOf(row, column)} ->> ${literal(key)})`;
}

/**
 * Does an active pause cover the row? `brake` is the view that tells which, by keys such as `agent skeptic`. It is read
 * once for a statement, and named once: planning it again for each label took longer than the claim. A label that is
 * not there is null among the keys, which equals none. `judge` is the function that compares them.
 */
export function covered(row: string, queue: QueueDescription, brake: string, judge: string): string {
  const keys = LABEL_KINDS.flatMap((kind) =>
    queue.labels[kind].map((place) => `${literal(`${kind} `)} || ${labelOf(row, place)}`),
  );
  if (queue.taskNames !== undefined) keys.push(`'task ' || ${columnOf(row, queue.taskNames.column)}::text`);
  return `${judge}(array[${keys.join(', ')}], (select array_agg(b.key) from ${brake} b))`;
}

/** Every column that the SQL names, with those that have to hold JSON. */
export function columnsOf(queue: QueueDescription): { name: string; json: boolean }[] {
  const plain = [queue.id, ...[...queue.waiting, ...queue.running, ...queue.alive].map(({ column }) => column)];
  const places = LABEL_KINDS.flatMap((kind) => queue.labels[kind]);
  if (queue.taskNames !== undefined) plain.push(queue.taskNames.column);
  if (queue.serialQueues !== undefined) plain.push(queue.serialQueues.ofJob);
  plain.push(...(queue.claimGroup ?? []), ...(queue.claimedAt === undefined ? [] : [queue.claimedAt.column]));
  return [
    ...plain.map((name) => ({ name, json: false })),
    ...places.map(({ column, key }) => ({ name: column, json: key !== undefined })),
  ];
}
