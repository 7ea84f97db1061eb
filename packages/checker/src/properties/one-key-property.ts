import { PauseError, pauseScope } from '@orchestra/pause-core';
import { claimTasksOnce, enqueueTasks } from '@orchestra/task-queue';
import { isDatabaseUnavailable } from '@orchestra/database';
import type { Property } from './property.ts';
import { taskForTrial } from './task-for-trial.ts';

const PAUSERS = 12;
const CLAIMERS = 8;
const TASKS_EACH = 2;
const BY = 'trial';

/**
 * Many callers with one key, of which some lose their connection in the middle: it is done once at the most, and all
 * are answered the same.
 */
export const oneKeyProperty: Property = {
  name: 'P12 one key stands for one call, whoever repeats it',
  check: async ({ db, claims, random, operations }) => {
    for (let round = 0, done = 0; done < operations; round++, done += PAUSERS + CLAIMERS) {
      await enqueueTasks(
        db,
        Array.from({ length: TASKS_EACH }, () => taskForTrial({ skill: 's' })),
        BY,
      );
      const key = { principal: BY, key: `pause ${round}`, request: { round } };
      const scope = { kind: 'quest' as const, value: `q${round}` };
      const pauses = Array.from({ length: PAUSERS }, () =>
        pauseScope(db, { scope, reason: BY, ttlSeconds: 1, by: BY, source: 'person' }, { idempotency: key }).then(
          ({ pause }) => pause.id,
        ),
      );
      const cut = random.chance(0.3) ? endOneBackend() : undefined;
      const ids = await answersOf(pauses);
      await cut;
      const { rows } = await db.query<{ id: string }>('select p.id from senate_pause p where p.scope_value = $1', [
        scope.value,
      ]);
      if (rows.length > 1 || ids.size > 1)
        throw new Error(
          `one key made the pauses ${rows.map((row) => row.id).join(', ')} and was answered ${[...ids].join(', ')}`,
        );
      if (ids.size === 1 && !ids.has(rows[0]?.id ?? ''))
        throw new Error(`pause ${[...ids].join()} was answered and is not there`);

      const claimed = await answersOf(
        Array.from({ length: CLAIMERS }, () =>
          claimTasksOnce(
            claims,
            { worker: BY, limit: TASKS_EACH },
            { principal: BY, key: `claim ${round}`, request: {} },
          ).then((tasks) =>
            tasks
              .map((task) => task.run_id)
              .toSorted()
              .join(),
          ),
        ),
      );
      if (claimed.size > 1) throw new Error(`one key claimed ${[...claimed].join(' and ')}`);
    }

    async function endOneBackend(): Promise<void> {
      await claims.query(`select pg_terminate_backend(a.pid) from pg_stat_activity a
                           where a.datname = current_database() and a.pid <> pg_backend_pid() and a.state <> 'idle'
                             and a.query like '%senate_pause%'
                           limit 1`);
    }
  },
};

/** The different answers. A caller that was cut off, or was told to repeat it, has none. */
async function answersOf(calls: readonly Promise<string>[]): Promise<Set<string>> {
  const answers = new Set<string>();
  for (const call of await Promise.allSettled(calls)) {
    if (call.status === 'fulfilled') answers.add(call.value);
    else if (
      !isDatabaseUnavailable(call.reason) &&
      !(call.reason instanceof PauseError && call.reason.code === 'idempotency_key_in_use')
    )
      throw call.reason;
  }
  return answers;
}
