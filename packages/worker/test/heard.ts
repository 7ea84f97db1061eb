import type { Worker, WorkerEvents } from '../src/index.ts';

type Name = keyof WorkerEvents;
type Told<K extends Name> = WorkerEvents[K] extends [infer T] ? T : undefined;

const ALL: readonly Name[] = [
  'started',
  'claimed',
  'claim-failed',
  'finished',
  'asked',
  'disturbed',
  'failed',
  'stopped-at-checkpoint',
  'released',
  'run-stopped',
  'run-lost',
  'heartbeat-failed',
  'finish-failed',
  'pauses-changed',
  'pauses-unreadable',
  'bell-lost',
  'log',
  'draining',
  'stopped',
];
const LIMIT_MS = 60_000;

/** Everything that a worker told, and waiting for what it is going to tell. */
export class Heard {
  readonly events: { name: Name; told: unknown }[] = [];
  #more = Promise.withResolvers<void>();

  constructor(worker: Worker) {
    for (const name of ALL) {
      worker.on(name, (...told: unknown[]) => {
        this.events.push({ name, told: told[0] });
        this.#more.resolve();
        this.#more = Promise.withResolvers<void>();
      });
    }
  }

  all<K extends Name>(name: K): Told<K>[] {
    return this.events.filter((event) => event.name === name).map((event) => event.told as Told<K>);
  }

  /** The first such event, whether it was told already or is still to come. */
  async first<K extends Name>(name: K, which: (told: Told<K>) => boolean = () => true): Promise<Told<K>> {
    const late = Promise.withResolvers<never>();
    const limit = setTimeout(
      () =>
        late.reject(
          new Error(`waited ${LIMIT_MS} ms for ${name}; heard: ${this.events.map((event) => event.name).join(', ')}`),
        ),
      LIMIT_MS,
    );
    try {
      for (;;) {
        const found = this.all(name).find(which);
        if (found !== undefined) return found;
        await Promise.race([this.#more.promise, late.promise]);
      }
    } finally {
      clearTimeout(limit);
    }
  }
}
