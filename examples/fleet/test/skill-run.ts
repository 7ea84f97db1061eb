import type { SkillRun } from '../src/skill.ts';

/** Thrown by the checkpoint of a run that was to stop there. */
export class StoppedHere extends Error {
  override readonly name = 'StoppedHere';
}

/** A run that goes on at every checkpoint and remembers what it was told, or stops at the n-th. */
export function skillRun(options: { progress?: unknown; stopAt?: number } = {}): SkillRun & { told: unknown[] } {
  const told: unknown[] = [];
  return {
    told,
    signal: new AbortController().signal,
    progress: options.progress ?? null,
    checkpoint: async (progress) => {
      // What the next run gets has been JSON in between.
      told.push(JSON.parse(JSON.stringify(progress)));
      if (told.length === options.stopAt) throw new StoppedHere('paused');
    },
  };
}
