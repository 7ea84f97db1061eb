/** What has to be undone at the end, in the reverse order, whatever happened in between. */
export class Cleanup {
  readonly #undos: (() => Promise<unknown>)[] = [];

  add(undo: () => Promise<unknown>): void {
    this.#undos.push(undo);
  }

  /** Undoes everything, also when a part of it fails. A second call has nothing left to do. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (let undo = this.#undos.pop(); undo !== undefined; undo = this.#undos.pop()) {
      try {
        await undo();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0)
      throw new AggregateError(failures, `not everything could be cleaned up: ${failures.map(String).join('; ')}`);
  }
}
