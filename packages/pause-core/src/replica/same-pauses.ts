import type { ActivePause } from '../pause.ts';

/** Do two readings hold the same pauses? Their order and the time that went by make no difference. */
export function samePauses(one: readonly ActivePause[], other: readonly ActivePause[]): boolean {
  if (one.length !== other.length) return false;
  const byId = new Map(one.map((pause) => [pause.id, pause]));
  return other.every((pause) => {
    const known = byId.get(pause.id);
    return known !== undefined && known.ttlSeconds === pause.ttlSeconds && known.reason === pause.reason
      && known.quietAt?.getTime() === pause.quietAt?.getTime();
  });
}
