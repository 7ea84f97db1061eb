import type { Database } from '@orchestra/database';
import type { SeededRandom } from '../chaos/seeded-random.ts';

/**
 * A rule over a real database: operations drawn at random, from several sides at once, and their outcome compared with
 * a model.
 */
export interface Property {
  name: string;
  /** @throws with what differs */
  check: (trial: Trial) => Promise<void>;
}

/** What a property is tried with. */
export interface Trial {
  /** Migrated, and this trial's alone. */
  url: string;
  db: Database;
  /** For claims, with their settings. */
  claims: Database;
  random: SeededRandom;
  /** So many, as near as the property can. */
  operations: number;
}
