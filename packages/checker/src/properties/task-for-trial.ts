import { newTask, type ClaimedTask, type NewTask } from '@orchestra/task-queue/contract';
import type { TaskToAdd } from '@orchestra/task-queue';
import type { SeededRandom } from '../chaos/seeded-random.ts';

export function taskForTrial(task: NewTask): TaskToAdd {
  return newTask.parse(task);
}

/** Runs that somebody owns, to be taken from by whoever ends one. */
export class OwnedRuns {
  readonly #runs: ClaimedTask[] = [];

  add(claimed: readonly ClaimedTask[]): void {
    this.#runs.push(...claimed);
  }

  /** One of them, which nobody else gets. */
  take(random: SeededRandom): ClaimedTask | undefined {
    return this.#runs.length === 0 ? undefined : this.#runs.splice(random.between(0, this.#runs.length - 1), 1)[0];
  }

  /** Ends one; does nothing where there is none. */
  async end(random: SeededRandom, how: (run: ClaimedTask) => Promise<unknown>): Promise<void> {
    const run = this.take(random);
    if (run !== undefined) await how(run);
  }
}
