import { expect, test } from 'vitest';
import { FAULT_KINDS, targetsOf, type Targets } from './faults.ts';
import { planFaults } from './plan.ts';
import { PROFILE_NAMES, PROFILES } from './profiles.ts';
import { seededRandom } from './seeded-random.ts';

const FLEET: Targets = {
  services: [{ name: 'pause-api' }, { name: 'worker-claimer-1' }],
  workers: [{ name: 'worker-1' }],
  links: [
    { name: 'pause-api > database', kind: 'database' },
    { name: 'pause-api > bells', kind: 'bells' },
    { name: 'worker-1 > pause-api', kind: 'calls' },
  ],
  disk: {},
};

const plan = (profile: (typeof PROFILE_NAMES)[number], seed: number) =>
  planFaults({ profile: PROFILES[profile], random: seededRandom(seed), fleet: FLEET, runMs: 60_000, leaseSeconds: 3 });

test.each(PROFILE_NAMES)(
  '%s: the same seed plans the same faults, in order, each with a target, within its part of the run',
  (profile) => {
    const faults = plan(profile, 7);
    expect(faults).toEqual(plan(profile, 7));
    expect(faults).not.toEqual(plan(profile, 8));
    expect(faults.map((fault) => fault.atMs)).toEqual(faults.map((fault) => fault.atMs).toSorted((a, b) => a - b));
    for (const { kind, target, atMs } of faults) {
      expect(targetsOf(kind, FLEET)).toContain(target);
      expect(atMs).toBeLessThanOrEqual(60_000 * PROFILES[profile].faultShare);
    }
    expect(new Set(faults.map((fault) => fault.kind))).toEqual(
      new Set([...PROFILES[profile].always, ...faults.map((fault) => fault.kind)]),
    );
  },
);

test('freezes of the zombie profile outlast the lease', () => {
  const frozen = plan('zombie', 7).filter(({ kind }) => kind.startsWith('freeze'));
  expect(frozen.length).toBeGreaterThan(0);
  for (const { lastsMs } of frozen) expect(lastsMs).toBeGreaterThan(3_000);
});

test('every fault is drawn by some profile', () => {
  const drawn = new Set(
    PROFILE_NAMES.flatMap((name) => [...PROFILES[name].always, ...Object.keys(PROFILES[name].weights)]),
  );
  expect(FAULT_KINDS.filter((kind) => !drawn.has(kind))).toEqual([]);
});

test('where no disk can be filled, every other fault of the profile is planned', () => {
  const faults = planFaults({
    profile: PROFILES.ailing,
    random: seededRandom(7),
    fleet: { ...FLEET, disk: undefined },
    runMs: 60_000,
    leaseSeconds: 3,
  });
  expect(new Set(faults.map((fault) => fault.kind))).toEqual(new Set(['read-only', 'take connections']));
});
