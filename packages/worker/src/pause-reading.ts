import type { Client } from '@orchestra-brake/client';
import type { ActivePause } from '@orchestra/pause-core/replica';
import type { Reading } from '@orchestra/pause-core/replica';
import { fromHeldPause } from '@orchestra/pause-core/wire';

interface Known {
  version: string;
  pauses: readonly ActivePause[];
  learntAtMs: number;
}

/**
 * Reads the active pauses from pause-api, which answers from its own copy: the list itself only when it has changed.
 *
 * @param maxAgeMs how old the copy may be when nobody has heard of a change; a reading that was asked for is never old
 */
export function pauseReader(
  client: Pick<Client, 'heldNow'>,
  maxAgeMs: number,
): (signal: AbortSignal, why: { asked: boolean }) => Promise<Reading> {
  let known: Known | undefined;
  return async (signal, { asked }) => {
    const answer = await client.heldNow(
      { max_age_ms: asked ? 0 : maxAgeMs, known: known?.version },
      { signal, triesMax: 1 },
    );
    const nowMs = performance.now();
    if (answer.pauses !== null) {
      known = { version: answer.version, pauses: answer.pauses.map(fromHeldPause), learntAtMs: nowMs };
      return { pauses: [...known.pauses], ageMs: answer.age_ms };
    }
    // Only who knows a version is answered without a list.
    const { pauses, learntAtMs } = known ?? { pauses: [], learntAtMs: nowMs };
    return { pauses: pauses.map((pause) => leftOf(pause, nowMs - learntAtMs)), ageMs: answer.age_ms };
  };
}

function leftOf(pause: ActivePause, passedMs: number): ActivePause {
  return pause.remainingMs === null ? pause : { ...pause, remainingMs: Math.max(0, pause.remainingMs - passedMs) };
}
