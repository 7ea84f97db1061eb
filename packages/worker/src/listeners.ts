type Listener<Told extends unknown[]> = (...told: Told) => void;

/** Who wants to be told of which event. What a listener throws goes no further than a warning of the process. */
export class Listeners<Events extends { [K in keyof Events]: unknown[] }> {
  readonly #byEvent: { [K in keyof Events]?: Listener<Events[K]>[] } = {};

  add<K extends keyof Events>(event: K, listener: Listener<Events[K]>): void {
    (this.#byEvent[event] ??= []).push(listener);
  }

  /** Whether that event has a listener. */
  has(event: keyof Events): boolean {
    return this.#byEvent[event] !== undefined;
  }

  tell<K extends keyof Events>(event: K, ...told: Events[K]): void {
    for (const listener of this.#byEvent[event] ?? []) {
      try {
        listener(...told);
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : String(error));
      }
    }
  }
}
