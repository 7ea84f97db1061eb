import { isDeepStrictEqual } from 'node:util';
import type { ActivePause } from '../pause.ts';

/**
 * Do two readings hold the same pauses? Every field counts, since a row may be changed by SQL in any of them. Their
 * order and the time that went by make no difference.
 */
export function samePauses(one: readonly ActivePause[], other: readonly ActivePause[]): boolean {
  if (one.length !== other.length) return false;
  const byId = new Map(one.map((pause) => [pause.id, pause]));
  return other.every((pause) => {
    const known = byId.get(pause.id);
    return known !== undefined && isDeepStrictEqual(toldOf(known), toldOf(pause));
  });
}

/** The row as it is told, without what the clock alone changes. */
function toldOf({ remainingMs: _remaining, ...row }: ActivePause): Omit<ActivePause, 'remainingMs'> {
  return row;
}
