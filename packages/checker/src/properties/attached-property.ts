import { pauseScope, unpauseScope } from '@orchestra/pause-core';
import { startAttachedEngine, type AttachedEngine } from './attached-engine.ts';
import { drawActs, type Act } from './draw-acts.ts';
import type { Property, Trial } from './property.ts';

const AGENTS = ['a', 'b', 'c', 'd'] as const;
const SIDES = 4;
const STILL_EVERY = 40;
// A call to the engine costs more than one of ours.
const FEWER = 2;
const PAUSES_MAX = 3;
const BY = 'trial';

/** A pause that has settled and that nobody has begun to clear. */
interface Held {
  id: string;
  agent: string;
}

/**
 * pg-boss claims under two roles while agents are paused and cleared: from `settled` on no claim gets a covered job,
 * whatever its role, and under the bound role no free job waits behind a covered one.
 */
export const attachedProperty: Property = {
  name: 'P1 P9 the claims of an attached engine under pauses',
  check: async (trial) => {
    const engine = await startAttachedEngine(trial);
    try {
      await drawActs({
        acts: actsOf(trial, engine),
        sides: SIDES,
        operations: Math.ceil(trial.operations / FEWER),
        random: trial.random,
        stillEvery: STILL_EVERY,
        atStandstill: () => nothingFreeIsLeft(engine),
      });
    } finally {
      await engine.stop();
    }
  },
};

async function nothingFreeIsLeft(engine: AttachedEngine): Promise<void> {
  for (;;) {
    const jobs = await engine.fetch(true, 1);
    if (jobs.length === 0) break;
    for (const { id } of jobs) await engine.complete(id);
  }
  const free = await engine.free();
  if (free > 0)
    throw new Error(
      `P9: ${free} free jobs wait behind covered ones, and a claim under the bound role gets none of them`,
    );
}

function actsOf({ db }: Trial, engine: AttachedEngine): Record<string, Act> {
  const held = new Map<string, Held>();
  const running: string[] = [];
  const fetch =
    (bound: boolean): Act =>
    async (random) => {
      const before = [...held.values()];
      const jobs = await engine.fetch(bound, random.pick([1, 1, 3]));
      running.push(...jobs.map(({ id }) => id));
      const covered = before.find((pause) => held.has(pause.id) && jobs.some(({ agent }) => agent === pause.agent));
      if (covered !== undefined)
        throw new Error(
          `P1: a claim ${bound ? 'under the bound role' : 'as superuser'} got a job of agent ${covered.agent} ` +
            `while pause ${covered.id} had settled`,
        );
    };
  return {
    add: (random) => engine.add(Array.from({ length: 4 }, () => random.pick(AGENTS))),
    'fetch, bound': fetch(true),
    'fetch too, bound': fetch(true),
    'fetch as superuser': fetch(false),
    end: async (random) => {
      const id = running.shift();
      if (id !== undefined) await (random.chance(0.3) ? engine.fail(id) : engine.complete(id));
    },
    pause: async (random) => {
      if (held.size >= PAUSES_MAX) return;
      const agent = random.pick(AGENTS.slice(0, 3));
      const { pause, settled } = await pauseScope(db, {
        scope: { kind: 'agent', value: agent },
        reason: BY,
        ttlSeconds: null,
        by: BY,
        source: 'person',
      });
      if (settled === true) held.set(pause.id, { id: pause.id, agent });
      else await unpauseScope(db, { target: { id: pause.id }, by: BY });
    },
    clear: async () => {
      const [first] = held.keys();
      if (first === undefined) return;
      held.delete(first); // from here on a claim may get its jobs
      await unpauseScope(db, { target: { id: first }, by: BY });
    },
  };
}
