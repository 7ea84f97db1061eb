import { sqlState } from '@orchestra/database';
import { PauseError } from '@orchestra/pause-core';
import { TaskError } from '@orchestra/task-queue';
import type { SeededRandom } from '../chaos/seeded-random.ts';

export type Act = (random: SeededRandom) => Promise<unknown>;

export interface Drawing {
  acts: Readonly<Record<string, Act>>;
  /** So many sides draw at the same time. */
  sides: number;
  operations: number;
  random: SeededRandom;
  /** Called whenever all sides stand still, after so many operations. */
  stillEvery: number;
  atStandstill: () => Promise<void>;
}

// What a statement by hand is refused with: a rule of the table, or a row that somebody has locked.
const REFUSED_BY_TABLE = new Set(['23514', '55P03']);

/**
 * Draws acts until there were so many, and lets all sides stand still now and then. @throws what is no refusal, with
 * the name of its act
 */
export async function drawActs({ acts, sides, operations, random, stillEvery, atStandstill }: Drawing): Promise<void> {
  const names = Object.keys(acts);
  const dice = Array.from({ length: sides }, (_, side) => random.fork(`side ${side}`));
  for (let done = 0; done < operations; done += stillEvery) {
    let left = Math.min(stillEvery, operations - done);
    await Promise.all(
      dice.map(async (own) => {
        while (left-- > 0) {
          const name = own.pick(names);
          await acts[name]?.(own).catch((error: unknown) => {
            if (isRefusal(error)) return;
            left = 0; // the other sides need not go on
            throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
          });
        }
      }),
    );
    await atStandstill();
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof PauseError || error instanceof TaskError || REFUSED_BY_TABLE.has(sqlState(error) ?? '');
}
