import type { TaskContext, TaskFn } from 'node-cron';
import type { Brake } from '../brake.ts';
import { prepareLabels, type BrakeLabels } from '../brake-labels.ts';
import type { PausedError } from '../paused-error.ts';
import { refusal } from '../refusal.ts';

export interface BrakeJobOptions {
  /**
   * A run that is due while it is paused is left out (`skip`, unless given), or waits until the pause is over (`wait`);
   * at most one waits.
   */
  whenPaused?: 'skip' | 'wait';
  /** Told of each run that was left out. */
  onSkipped?: (refused: PausedError, context: TaskContext) => void;
}

/** A gate before each run: `cron.schedule('0 3 * * *', brakeJob(brake, { skill: 'nightly' }, run))`. */
export function brakeJob(
  brake: Pick<Brake, 'gate' | 'whenClear'>,
  labels: BrakeLabels,
  run: TaskFn,
  { whenPaused = 'skip', onSkipped }: BrakeJobOptions = {},
): TaskFn {
  const asked = prepareLabels(labels);
  let waiting = false;
  return async (context) => {
    for (;;) {
      const refused = await refusal(brake, asked);
      if (refused === undefined) return run(context);
      if (whenPaused === 'skip' || waiting) {
        onSkipped?.(refused, context);
        return undefined;
      }
      waiting = true;
      await brake.whenClear(asked).finally(() => {
        waiting = false;
      });
    }
  };
}
