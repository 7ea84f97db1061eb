import { setTimeout as delay } from 'node:timers/promises';
import { createClient, type Client } from '@orchestra-brake/client';
import { createToken } from '@orchestra/pause-core';
import { until } from '@orchestra/testkit';
import { startService } from '@orchestra/worker-claimer';
import type { Property } from './property.ts';

const WAITERS = 12;
const WANTS = [{ skills: ['a'] }, { skills: ['b'] }, { skills: ['a', 'b'] }] as const;
const WAIT_SECONDS = 20;
// A waiter who is not woken is answered by the end of its wait; a task that lay there for so much of it was forgotten,
// on however slow a machine.
const FORGOTTEN_MS = 15_000;
const CLAIMED_WITHIN_MS = 120_000;
const BY = 'trial';

/**
 * Claims that wait are given whatever comes while they wait: none is answered "nothing" while a task that it wants lies
 * there.
 */
export const waitingProperty: Property = {
  name: 'P9 nobody waits beside a task that he wants',
  check: async ({ url, db, random, operations }) => {
    const service = await startService({
      databaseUrl: url,
      listenDatabaseUrl: url,
      host: '127.0.0.1',
      port: 0,
      logLevel: 'silent',
      leaseSeconds: 600,
      reapEveryMs: 600_000,
      waitersMax: 100,
    });
    const over = new AbortController();
    try {
      const token = await createToken(db, { name: BY, role: 'admin', by: BY });
      const client = createClient({ url: service.url, tasksUrl: service.url, token });
      /** Of each task that was added and not claimed: its skill, and since when. */
      const lying = new Map<string, { skill: string; sinceMs: number }>();
      const early = new Set<string>();
      const claimed = (id: string): void => {
        if (!lying.delete(id)) early.add(id);
      };
      const waiters = Promise.all(
        Array.from({ length: WAITERS }, (_, n) =>
          wait(client, `w${n}`, WANTS[n % WANTS.length]?.skills ?? ['a'], lying, claimed, over.signal),
        ),
      );
      const adding = (async () => {
        for (let added = 0; added < operations;) {
          const skills = Array.from({ length: random.chance(0.2) ? 6 : 1 }, () => random.pick(['a', 'b']));
          const { ids } = await client.enqueue({ tasks: skills.map((skill) => ({ skill })) });
          for (const [index, id] of ids.entries())
            if (!early.delete(id)) lying.set(id, { skill: skills[index] ?? 'a', sinceMs: performance.now() });
          added += ids.length;
          if (random.chance(0.5)) await delay(random.between(0, 20));
        }
        await until('every task that somebody waits for is claimed', () => lying.size === 0, CLAIMED_WITHIN_MS);
      })();
      adding.catch(() => {}); // where a waiter has found something wrong, that is told
      // A waiter ends only when it was told, or with what it found wrong.
      await Promise.race([adding, waiters]);
      over.abort();
      await waiters;
    } finally {
      over.abort();
      await service.stop();
    }
  },
};

async function wait(
  client: Client,
  worker: string,
  skills: readonly string[],
  lying: ReadonlyMap<string, { skill: string; sinceMs: number }>,
  claimed: (id: string) => void,
  over: AbortSignal,
): Promise<void> {
  while (!over.aborted) {
    try {
      const { tasks } = await client.claim(
        { worker, limit: 1, wait_seconds: WAIT_SECONDS, skills: [...skills] },
        { signal: over, timeLimitMs: 2 * WAIT_SECONDS * 1_000 },
      );
      for (const task of tasks) {
        claimed(task.id);
        await client.complete(task.id, { run_id: task.run_id, result: null }, { signal: over });
      }
      const nowMs = performance.now();
      const forgotten =
        tasks.length > 0
          ? undefined
          : [...lying].find(([, task]) => skills.includes(task.skill) && nowMs - task.sinceMs > FORGOTTEN_MS);
      if (forgotten !== undefined)
        throw new Error(
          `${worker} wants ${skills.join(' or ')} and was told that there is nothing, while task ` +
            `${forgotten[0]} had been there for ${Math.round((nowMs - forgotten[1].sinceMs) / 1_000)} s`,
        );
    } catch (error) {
      if (!over.aborted) throw error;
    }
  }
}
