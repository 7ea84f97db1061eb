import type { Brake } from './brake.ts';
import type { BrakeLabels } from './brake-labels.ts';
import { PausedError } from './paused-error.ts';

/** What a gate refuses with; undefined: the step may begin. @throws whatever else the gate throws */
export async function refusal(brake: Pick<Brake, 'gate'>, labels: BrakeLabels): Promise<PausedError | undefined> {
  try {
    await brake.gate(labels);
    return undefined;
  } catch (error) {
    if (error instanceof PausedError) return error;
    throw error;
  }
}
