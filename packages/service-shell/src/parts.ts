/** What was started and has to be stopped, in the reverse order. */
export class Parts {
  readonly #stops: { name: string; stop: () => Promise<void> | void }[] = [];

  /** Call it as soon as the part runs. */
  add(name: string, stop: () => Promise<void> | void): void {
    this.#stops.push({ name, stop });
  }

  /**
   * Stops every part, the last one first, also when one of them fails. A second call does nothing.
   *
   * @throws AggregateError with everything that failed
   */
  async stop(): Promise<void> {
    const failures: Error[] = [];
    for (let part = this.#stops.pop(); part !== undefined; part = this.#stops.pop()) {
      try {
        await part.stop();
      } catch (cause) {
        failures.push(new Error(`${part.name} did not stop as it should`, { cause }));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, failures.map((failure) => failure.message).join('; '));
  }
}

/** Runs `start`; when it fails half way, stops what it had added and throws its error. */
export async function startParts<T>(start: (parts: Parts) => Promise<T>): Promise<T & { stop(): Promise<void> }> {
  const parts = new Parts();
  try {
    return { ...(await start(parts)), stop: () => parts.stop() };
  } catch (error) {
    await parts.stop().catch(() => {}); // the first failure is the one to tell
    throw error;
  }
}
