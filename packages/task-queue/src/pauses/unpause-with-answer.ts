import type { Database } from '@orchestra/database';
import {
  readAfterCommit,
  toPauseView,
  unpauseScope,
  type Idempotency,
  type NotRead,
  type UnpauseOrder,
} from '@orchestra/pause-core';
import type { UnpauseAnswer } from '@orchestra/pause-core/contract';
import { labelKnown } from './label-known.ts';

/**
 * Ends pauses and tells what is left. Where the scope was not paused, it also says whether anything has ever carried
 * its label: a person who mistypes a
 * name must not believe that what they meant goes on. Once the change is committed nothing throws.
 *
 * @param onNotRead gets what could not be read after the commit
 * @throws PauseError as `unpauseScope`
 */
export async function unpauseWithAnswer(
  db: Database,
  order: UnpauseOrder,
  idempotency?: Idempotency,
  onNotRead: (notRead: NotRead) => void = () => {},
): Promise<UnpauseAnswer> {
  const { cleared, stillPaused } = await unpauseScope(db, order, idempotency);
  const answer = { cleared: cleared.map(toPauseView), still_paused: stillPaused.map(toPauseView) };
  const { target } = order;
  if (cleared.length > 0 || stillPaused.length > 0 || !('kind' in target)) return answer;
  const label = (await readAfterCommit(
    'whether its label is known',
    () => labelKnown(db, target, null),
    onNotRead,
  )) ?? { label_known: null };
  return label.label_known ? answer : { ...answer, ...label };
}
