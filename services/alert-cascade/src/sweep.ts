import type { AutoPause } from '@orchestra/pause-core';

/** What one sweep over the alerts has come to so far. */
export interface Sweep {
  /** Actors to be judged. */
  actors: readonly string[];
  paused: readonly AutoPause[];
  failed: readonly { actor: string; error: unknown }[];
}

/** One step of a sweep: takes what the one before it came to. null: nothing is left to do. */
export type Stage = (sweep: Sweep) => Promise<Sweep | null>;

/** Goes through the stages in order, until the last one or until one of them ends it. */
export async function sweepThrough(stages: readonly Stage[]): Promise<void> {
  let sweep: Sweep | null = { actors: [], paused: [], failed: [] };
  for (const stage of stages) {
    sweep = await stage(sweep);
    if (sweep === null) return;
  }
}
