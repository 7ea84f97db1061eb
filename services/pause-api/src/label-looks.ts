import type { Queryable } from '@orchestra/database';
import type { TaskLabels } from '@orchestra/pause-core';
import type { UnknownLabel } from '@orchestra/pause-core/contract';
import type { Logger } from '@orchestra/service-shell';
import { unknownLabels } from '@orchestra/task-queue';
import { withTimeout } from '@orchestra/timing';

// A check is answered from memory. What it says about labels may cost this much time, and this number of connections.
const WAIT_MS = 500;
const LOOKS_MAX = 2;
// Sets of labels that are known stay known. Beyond this number they are looked up again.
const REMEMBERED_MAX = 10_000;

/**
 * Tells callers of a check which of their labels nothing has ever carried, without letting them wait for the database
 * or take its connections.
 */
export class LabelLooks {
  readonly #known = new Set<string>();
  #looks = 0;
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** @returns null where the database has not said so in time */
  async unknownOf(labels: TaskLabels, log: Logger): Promise<UnknownLabel[] | null> {
    const key = JSON.stringify([
      labels.agentId ?? null,
      labels.skill ?? null,
      labels.questId ?? null,
      labels.actorId ?? null,
    ]);
    if (this.#known.has(key)) return [];
    if (this.#looks >= LOOKS_MAX) return null;
    return await withTimeout(this.#look(labels, key, log), WAIT_MS, () => null);
  }

  async #look(labels: TaskLabels, key: string, log: Logger): Promise<UnknownLabel[] | null> {
    this.#looks += 1;
    try {
      const unknown = await unknownLabels(this.#db, labels);
      if (unknown.length === 0) {
        if (this.#known.size >= REMEMBERED_MAX) this.#known.clear();
        this.#known.add(key);
      }
      return unknown;
    } catch (err) {
      log.debug({ err }, 'whether the labels of a check are known could not be read');
      return null;
    } finally {
      this.#looks -= 1;
    }
  }
}
