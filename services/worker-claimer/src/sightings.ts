import { createHash } from 'node:crypto';
import type { Sighting } from '@orchestra/task-queue';
import { wantKey, type Want } from './waiting/want.ts';

// Written again when it is older than this: with a round a minute, once in each.
const OLD_MS = 45_000;
// Anyone who has not asked for so long has been written down, and is remembered by the database alone.
const LOOK_BACK_MS = 600_000;
const WORKERS_MAX = 10_000;
const BATCH_MAX = 1_000;

interface Seen extends Want {
  worker: string;
  host: string | undefined;
  seenAtMs: number;
  writtenAtMs: number | undefined;
}

/**
 * Which workers have asked for tasks, and of which labels. What is new is to be written soon, what is known again when
 * it gets old: so a fleet that waits costs one statement a minute, however many it is.
 */
export class Sightings {
  readonly #onNew: () => void;
  // In the order in which they were seen last, by worker and by what it asks for.
  readonly #seen = new Map<string, Seen>();

  /** @param onNew somebody has asked who was not known: there is something to write */
  constructor({ onNew }: { onNew: () => void }) {
    this.#onNew = onNew;
  }

  /** @param nowMs by the monotonic clock */
  see(
    { worker, host, agents, skills }: Want & { worker: string; host?: string | undefined },
    nowMs: number = performance.now(),
  ): void {
    const key = JSON.stringify([worker, wantKey({ agents, skills })]);
    const known = this.#seen.get(key);
    this.#seen.delete(key);
    this.#seen.set(key, { worker, host, agents, skills, seenAtMs: nowMs, writtenAtMs: known?.writtenAtMs });
    if (known !== undefined) return;
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= WORKERS_MAX) break;
      this.#seen.delete(oldest);
    }
    this.#onNew();
  }

  /**
   * Has `write` write what is due; nothing is asked of it where nothing is. What it fails to write stays due. @returns
   * how many were left for the next round
   */
  async writeDue(
    write: (sightings: readonly Sighting[]) => Promise<void>,
    nowMs: number = performance.now(),
  ): Promise<number> {
    for (const [key, { seenAtMs }] of this.#seen) {
      if (nowMs - seenAtMs <= LOOK_BACK_MS) break;
      this.#seen.delete(key);
    }
    const due = [...this.#seen.values()].filter(
      ({ seenAtMs, writtenAtMs }) =>
        writtenAtMs === undefined || (seenAtMs > writtenAtMs && nowMs - writtenAtMs >= OLD_MS),
    );
    const batch = due.slice(0, BATCH_MAX);
    if (batch.length === 0) return 0;
    await write(
      batch.map(({ worker, host, agents, skills, seenAtMs }) => ({
        worker,
        host: host ?? null,
        agents: agents ?? null,
        skills: skills ?? null,
        wants: createHash('sha256').update(wantKey({ agents, skills })).digest('hex'),
        agoSeconds: Math.max(0, nowMs - seenAtMs) / 1_000,
      })),
    );
    for (const seen of batch) seen.writtenAtMs = nowMs;
    return due.length - batch.length;
  }
}
