import type { TaskStatus } from '@orchestra/task-queue/contract';

const LOOKED_AT_ONCE = 3;

/** Which of one agent's tasks have ended, as far as the fleet knows. */
export class Ledger {
  readonly #pending = new Set<string>();
  #total = 0;
  #failed = 0;

  get total(): number {
    return this.#total;
  }
  get done(): number {
    return this.#total - this.#pending.size;
  }
  get failed(): number {
    return this.#failed;
  }
  get settled(): boolean {
    return this.#pending.size === 0;
  }

  add(ids: readonly string[]): void {
    for (const id of ids) this.#pending.add(id);
    this.#total += ids.length;
  }

  ended(id: string, status: TaskStatus): void {
    if (this.#pending.delete(id) && status === 'failed') this.#failed += 1;
  }

  /**
   * Asks the queue about a few pending tasks. An agent that was killed between the end of a task and telling of it
   * leaves one here that nobody will speak of again.
   */
  async reconcile(statusOf: (id: string) => Promise<TaskStatus>): Promise<void> {
    const some = [...this.#pending].slice(0, LOOKED_AT_ONCE);
    for (const id of some) {
      const status = await statusOf(id);
      this.#pending.delete(id);
      // To the end: next time others are asked about
      if (status === 'queued' || status === 'running') this.#pending.add(id);
      else if (status === 'failed') this.#failed += 1;
    }
  }
}
