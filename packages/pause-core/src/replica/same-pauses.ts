import type { ActivePause } from '../pause.ts';

/** Do two readings hold the same pauses? Their order and the time that went by make no difference. */
export function samePauses(one: readonly ActivePause[], other: readonly ActivePause[]): boolean {
  if (one.length !== other.length) return false;
  const byId = new Map(one.map((pause) => [pause.id, pause]));
  return other.every((pause) => {
    const known = byId.get(pause.id);
    return known !== undefined && known.ttlSeconds === pause.ttlSeconds && known.reason === pause.reason && known.endsAs === pause.endsAs
      && known.probeTaskId === pause.probeTaskId && sameInstant(known.quietAt, pause.quietAt) && sameInstant(known.stayedAt, pause.stayedAt)
      && sameInstant(known.probingAt, pause.probingAt) && sameInstant(known.warnedAt, pause.warnedAt);
  });
}

function sameInstant(one: Date | null, other: Date | null): boolean {
  return one?.getTime() === other?.getTime();
}
