import type { Queryable } from '@orchestra/database';
import { PauseError } from '../errors.ts';
import { findPause } from '../queries/find-pause.ts';

/**
 * Says why there is no active pause with this id.
 *
 * @param hint what to do instead, for a pause that has ended
 * @throws PauseError `pause_not_found`, `pause_not_active`; always one of them
 */
export async function refusePause(db: Queryable, id: string, hint?: string): Promise<never> {
  const pause = await findPause(db, id);
  if (pause === undefined)
    throw new PauseError('pause_not_found', `there is no pause ${id}; GET /api/senate/pauses lists the active ones`);
  const scope = `${pause.scope.kind} ${pause.scope.value}`;
  const ended =
    pause.clearedAt === null
      ? `the pause on ${scope} has reached its end by itself`
      : `the pause on ${scope} was cleared by ${pause.clearedBy ?? 'someone'} at ${pause.clearedAt.toISOString()}`;
  throw new PauseError('pause_not_active', hint === undefined ? ended : `${ended}; ${hint}`);
}
