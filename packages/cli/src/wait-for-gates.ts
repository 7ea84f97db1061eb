import type { GateCounts } from '@orchestra/pause-core/contract';
import { sleep, TIMER_MAX_MS } from '@orchestra/timing';
import type { Desk } from './desk/desk.ts';

/** `ended`: the pause was over before every gate had confirmed it. */
export type GatesOutcome = 'confirmed' | 'ended' | 'not_in_time' | 'interrupted';

export interface GatesWaited {
  outcome: GatesOutcome;
  gates: GateCounts;
}

const LOOK_EVERY_MS = 200;

/** Waits until every connected gate has confirmed a pause. With no gate connected there is nothing to wait for. */
export async function waitForGates(
  desk: Pick<Desk, 'pausePage'>,
  id: string,
  { timeLimitMs, signal }: { timeLimitMs: number; signal: AbortSignal },
): Promise<GatesWaited> {
  const late = AbortSignal.timeout(Math.min(timeLimitMs, TIMER_MAX_MS));
  const ending = AbortSignal.any([late, signal]);
  for (;;) {
    const { pause, gates } = await desk.pausePage(id);
    const counts = { connected: gates?.connected ?? 0, confirmed: gates?.confirmed ?? 0 };
    if (pause.cleared_at !== null) return { outcome: 'ended', gates: counts };
    if (counts.confirmed === counts.connected) return { outcome: 'confirmed', gates: counts };
    if (ending.aborted) return { outcome: signal.aborted ? 'interrupted' : 'not_in_time', gates: counts };
    await sleep(LOOK_EVERY_MS, ending); // told to end: it looks once more
  }
}
