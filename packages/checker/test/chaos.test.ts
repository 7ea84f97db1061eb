import { expect, test } from 'vitest';
import { BROKEN_RULES } from '../src/chaos/broken-rules.ts';
import { crowdPassed, describeCrowd, runCrowd } from '../src/chaos/crowd.ts';
import { FAULT_KINDS, type FaultKind } from '../src/chaos/faults.ts';
import { planFaults } from '../src/chaos/plan.ts';
import { PROFILES, type ProfileName } from '../src/chaos/profiles.ts';
import { describe, summarise } from '../src/chaos/report.ts';
import { LEASE_SECONDS, runChaos } from '../src/chaos/run-chaos.ts';
import { seededRandom } from '../src/chaos/seeded-random.ts';
import { judgeHistory } from '../src/history/judge-history.ts';
import type { History } from '../src/history/testimony.ts';

// The real services, workers and a PostgreSQL of their own as processes, disturbed in every way that faults.ts knows.
// The seeds are fixed, so that what fails once can be looked at again; `pnpm soak` takes others, for longer. All of it
// in one file, so that no two fleets share the machine.
const SHORT_RUN_MS = 7_000;
const CROWD_MS = 8_000;
// Starting, draining (up to two minutes on a machine with much else to do) and stopping come on top.
const LIMIT_MS = 360_000;

interface ProfileRun {
  profile: ProfileName;
  seed: number;
  runMs: number;
  fleet: { claimers: number; cascades: number; workers: number; attachedWorkers: number };
}

const SMALL = { claimers: 2, cascades: 1, workers: 2, attachedWorkers: 0 };

// Long enough that each kind of fault comes in one of them, which a test below holds. Of other surroundings the two
// profiles that have all of them at once; `pnpm soak` runs each by itself.
const RUNS: readonly ProfileRun[] = [
  {
    profile: 'uniform',
    seed: 20_261,
    runMs: 9_000,
    fleet: { claimers: 2, cascades: 2, workers: 3, attachedWorkers: 1 },
  },
  // A process that was frozen for longer than the lease has to come back within the run.
  { profile: 'zombie', seed: 20_262, runMs: 11_000, fleet: SMALL },
  { profile: 'blink', seed: 20_263, runMs: SHORT_RUN_MS, fleet: SMALL },
  { profile: 'split', seed: 20_264, runMs: SHORT_RUN_MS, fleet: SMALL },
  {
    profile: 'storm',
    seed: 20_265,
    runMs: SHORT_RUN_MS,
    fleet: { claimers: 2, cascades: 1, workers: 3, attachedWorkers: 1 },
  },
  { profile: 'calm-end', seed: 20_266, runMs: 9_000, fleet: SMALL },
  { profile: 'foreign', seed: 20_267, runMs: SHORT_RUN_MS, fleet: SMALL },
  {
    profile: 'ailing',
    seed: 20_268,
    runMs: SHORT_RUN_MS,
    fleet: { claimers: 1, cascades: 1, workers: 2, attachedWorkers: 0 },
  },
];

test.each(RUNS)(
  'P1 P2 P5 P9 P10 P12 P14 P15 hold under the faults of $profile',
  async ({ profile, seed, runMs, fleet }) => {
    const run = await runChaos({ profile, seed, runMs, fleet });
    const summary = summarise(run);
    const report = describe(summary, run);
    console.log(report);
    expect(summary.violations, report).toEqual([]);
    expect(summary.deadlocks, report).toBe(0);
    expect(summary.died_by_themselves).toEqual([]);
    // A run in which nothing happened would prove nothing.
    expect(summary.claims).toBeGreaterThan(0);
    if (fleet.attachedWorkers > 0) expect(summary.attached_claims).toBeGreaterThan(0);
    expect(summary.pauses).toBeGreaterThan(0);
    expect(Object.keys(summary.faults).length).toBeGreaterThan(0);
  },
  LIMIT_MS,
);

test(
  'a crowd at the same tasks and repos, in every order and on tables that were never analyzed, makes no deadlock and no error',
  async () => {
    const report = await runCrowd({ seed: 20_270, runMs: CROWD_MS });
    console.log(describeCrowd(report));
    expect(report.deadlocks, describeCrowd(report)).toBe(0);
    expect(crowdPassed(report), describeCrowd(report)).toBe(true);
  },
  LIMIT_MS,
);

test('each kind of fault comes in one of these runs at least', () => {
  const planned = new Set(RUNS.flatMap(({ profile, seed, runMs }) => kindsPlanned(profile, seed, runMs)));
  expect(FAULT_KINDS.filter((kind) => !planned.has(kind))).toEqual([]);
});

/** What the seed plans; which of the fleet's parts it hits does not matter. */
function kindsPlanned(profile: ProfileName, seed: number, runMs: number): FaultKind[] {
  const links = (['database', 'bells', 'calls'] as const).map((kind) => ({ name: kind, kind }));
  const one = [{ name: 'one' }];
  const fleet = { services: one, workers: one, links, disk: {} };
  const random = seededRandom(seed).fork('nemesis');
  const planned = planFaults({ profile: PROFILES[profile], random, fleet, runMs, leaseSeconds: LEASE_SECONDS });
  return planned.map(({ kind }) => kind);
}

// The checker checked: in a fleet in which one rule is broken, the history has to show it within this.
const FOUND_WITHIN_MS = 60_000;
const SEED = 4_711;

test.each(BROKEN_RULES)(
  'a broken rule is found: $name',
  async ({ name, says, foundBy, faults, favours, breakRule, postgresSettings, isOfAttached }) => {
    const found = (history: History) => judgeHistory(history).filter(({ assertion }) => foundBy.includes(assertion));
    const run = await runChaos({
      profile: 'uniform',
      seed: SEED,
      runMs: FOUND_WITHIN_MS,
      faults,
      favours,
      fleet: {
        claimers: 1,
        cascades: 0,
        workers: 2,
        attachedWorkers: isOfAttached === true ? 1 : 0,
        breakRule,
        postgresSettings,
      },
      enough: (sofar) => found(sofar).length > 0,
    });
    const [first] = found(run);
    console.log(`${name}: found after ${(run.workedMs / 1_000).toFixed(1)} s by ${first?.assertion}: ${first?.what}`);
    expect(first, `not found in ${FOUND_WITHIN_MS / 1_000} s: ${says}`).toBeDefined();
  },
  LIMIT_MS,
);
