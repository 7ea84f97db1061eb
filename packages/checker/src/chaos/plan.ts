import { targetsOf, type FaultKind, type Targets } from './faults.ts';
import type { Profile } from './profiles.ts';
import type { SeededRandom } from './seeded-random.ts';

/** One fault, decided before the run begins: the same seed plans the same faults. */
export interface PlannedFault {
  /** After the beginning of the run. */
  atMs: number;
  kind: FaultKind;
  /** The name of a process, a link, or the server. */
  target: string;
  lastsMs: number;
  /** For faults that come in two kinds: which signal, which direction. */
  variant: 0 | 1;
}

export interface PlanOptions {
  profile: Profile;
  random: SeededRandom;
  fleet: Targets;
  runMs: number;
  leaseSeconds: number;
}

/** The faults of a run, in the order in which they begin. */
export function planFaults({ profile, random, fleet, runMs, leaseSeconds }: PlanOptions): PlannedFault[] {
  const untilMs = runMs * profile.faultShare;
  const plan = (kind: FaultKind, atMs: number): PlannedFault => ({
    atMs,
    kind,
    target: random.pick(targetsOf(kind, fleet)),
    lastsMs: lastsMs(profile, kind, random, leaseSeconds),
    variant: random.chance(0.5) ? 1 : 0,
  });
  // What this machine cannot do (a disk that can be filled) is left out.
  const canHit = (kind: FaultKind): boolean => targetsOf(kind, fleet).length > 0;
  // A record's keys are its keys.
  const weights = (Object.entries(profile.weights) as [FaultKind, number][]).filter(([kind]) => canHit(kind));
  const faults = profile.always.filter(canHit).map((kind) => plan(kind, random.between(0, Math.floor(untilMs))));
  for (
    let atMs = random.between(...profile.gapMs);
    weights.length > 0 && atMs < untilMs;
    atMs += random.between(...profile.gapMs)
  ) {
    faults.push(plan(weighted(weights, random), atMs));
  }
  return faults.toSorted((a, b) => a.atMs - b.atMs);
}

function lastsMs(profile: Profile, kind: FaultKind, random: SeededRandom, leaseSeconds: number): number {
  const otherwise = profile.lastsOtherwise?.[kind];
  if (otherwise === undefined) return random.between(...profile.lastsMs);
  if ('ms' in otherwise) return random.between(...otherwise.ms);
  const [least, most] = otherwise.leases;
  return random.between(Math.round(least * leaseSeconds * 1_000), Math.round(most * leaseSeconds * 1_000));
}

function weighted(weights: readonly [FaultKind, number][], random: SeededRandom): FaultKind {
  let left = random.next() * weights.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [kind, weight] of weights) {
    left -= weight;
    if (left < 0) return kind;
  }
  throw new RangeError('a profile without faults');
}
