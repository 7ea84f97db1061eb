import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sleep } from '@orchestra/timing';
import type { History } from '../history/testimony.ts';
import { countDeadlocks } from './crowd.ts';
import { countOpenTasks, drain } from './drain.ts';
import { startFleet, type Fleet, type FleetOptions } from './fleet.ts';
import { haunt } from './nemesis.ts';
import { planFaults, type PlannedFault } from './plan.ts';
import { PROFILES, type ProfileName } from './profiles.ts';
import { readHistory, Recorder } from './recorder.ts';
import { somethingHappened } from './report.ts';
import { restore } from './restore.ts';
import { seededRandom } from './seeded-random.ts';
import { countImpossible, measureClock, readTestimony } from './witness.ts';
import { runWorkload, type Favoured } from './workload.ts';

export interface ChaosOptions {
  profile: ProfileName;
  seed: number;
  /**
   * How long the workload goes on; starting before and draining after come on top. On a busy machine it goes on for up
   * to a minute more, until something was claimed and something was paused.
   */
  runMs: number;
  /** How the fleet is started, where that is to be otherwise. */
  fleet?: Partial<FleetOptions> | undefined;
  /** In place of those that the profile plans. */
  faults?: readonly PlannedFault[] | undefined;
  /** What most of the run is about, so that a rule about it is put to the test early. */
  favours?: Favoured | undefined;
  /** Ends the workload early, and without draining, when it says so of what is known by then. Asked now and then. */
  enough?: ((sofar: History) => boolean) | undefined;
  /** Called with the fleet as it stands when its work does not come to an end, for a look at why. */
  onStuck?: ((fleet: Fleet) => Promise<void>) | undefined;
  /** Told what a person who watches would want to know. */
  onProgress?: ((line: string) => void) | undefined;
}

/** One run, and everything that is known of it. */
export interface ChaosRun extends History {
  profile: ProfileName;
  seed: number;
  runMs: number;
  faults: readonly PlannedFault[];
  /** How long the workload went on. */
  workedMs: number;
  /**
   * How long it took, after the faults had ended, until every task had ended; null: it was not waited for, or too long.
   */
  drainedMs: number | null;
  /** Deadlocks that the server has counted since it last crashed. */
  deadlocks: number;
  /** In words: what of the profile this machine could not give. */
  leftOut: readonly string[];
  /** Processes that ended without being asked to, with their last words. */
  diedByThemselves: readonly string[];
  tookMs: number;
}

// Short, so that freezes and kills outlast it; long enough for the heartbeats of a healthy worker on a busy machine.
export const LEASE_SECONDS = 3;
const SAMPLE_EVERY_MS = 100;
const ASK_EVERY_MS = 500;
const LONGER_AT_MOST_MS = 60_000;

/**
 * One run: the fleet starts, works and is disturbed for `runMs`, is left in peace, ends its work, and is taken down.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosRun> {
  const began = performance.now();
  const fleet = await startFleet({
    leaseSeconds: LEASE_SECONDS,
    surroundings: PROFILES[options.profile].surroundings,
    ...options.fleet,
    postgresSettings: { track_commit_timestamp: 'on', ...options.fleet?.postgresSettings },
  });
  try {
    return await run(fleet, options, began);
  } finally {
    await fleet.close();
  }
}

async function run(
  fleet: Fleet,
  { profile: name, seed, runMs, enough, onProgress = () => {}, ...options }: ChaosOptions,
  began: number,
): Promise<ChaosRun> {
  const profile = PROFILES[name];
  const random = seededRandom(seed);
  const { leaseSeconds } = fleet;
  const recorder = new Recorder(join(fleet.historyFolder, 'workload.jsonl'), 'workload');
  const clock = await measureClock(fleet.witness);
  const faults = options.faults ?? planFaults({ profile, random: random.fork('nemesis'), fleet, runMs, leaseSeconds });
  for (const what of fleet.leftOut) onProgress(`left out: ${what}`);
  onProgress(
    `started after ${((performance.now() - began) / 1_000).toFixed(1)} s; ${faults.length} faults are planned`,
  );

  const working = new AbortController();
  const sampling = new AbortController();
  const workBegan = performance.now();
  const samples = sampleImpossible(fleet, recorder, sampling.signal);
  const workload = runWorkload({
    client: fleet.client,
    recorder,
    random: random.fork('workload'),
    workMs: profile.workMs,
    backlog: () => countOpenTasks(fleet),
    favours: options.favours,
    signal: working.signal,
  });
  const haunting = haunt(faults, fleet, recorder, working.signal);
  const known = async (drained: boolean): Promise<History> => ({
    events: await readHistory(fleet.historyFolder),
    testimony: await readTestimony(fleet.witness),
    clock,
    leaseSeconds,
    drained,
  });
  let stop = false;
  while (!stop) {
    await delay(Math.min(ASK_EVERY_MS, runMs));
    const workedMs = performance.now() - workBegan;
    const isOver = workedMs >= runMs;
    // While the server is down nothing can be said.
    if (enough !== undefined) stop = isOver || (await known(false).then(enough, () => false));
    else if (isOver)
      stop = workedMs >= runMs + LONGER_AT_MOST_MS || (await known(false).then(somethingHappened, () => false));
  }
  const workedMs = performance.now() - workBegan;
  working.abort();
  await Promise.all([workload, haunting]);

  let drainedMs: number | null = null;
  if (enough === undefined) {
    onProgress('the faults are over; waiting until all work has ended');
    await restore(fleet);
    drainedMs = await drain(fleet, recorder);
    if (drainedMs === null) await options.onStuck?.(fleet);
    await Promise.all(fleet.workers.map((worker) => worker.stop()));
  }
  sampling.abort();
  await samples;
  recorder.close();
  const again = await measureClock(fleet.witness);
  // The server's clock may have been set while all this went on.
  const errorMs = clock.errorMs + again.errorMs + Math.abs(again.ms - clock.ms);
  return {
    ...(await known(drainedMs !== null)),
    clock: { ...clock, errorMs },
    profile: name,
    seed,
    runMs,
    faults,
    workedMs,
    drainedMs,
    deadlocks: await countDeadlocks(fleet.witness),
    leftOut: fleet.leftOut,
    diedByThemselves: [...fleet.services, ...fleet.workers].flatMap((one) => one.diedByItself),
    tookMs: performance.now() - began,
  };
}

async function sampleImpossible(fleet: Fleet, recorder: Recorder, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // The server is down: nothing to be seen
    const impossible = await countImpossible(fleet.witness).catch(() => undefined);
    if (impossible !== undefined) recorder.write({ op: 'sample', phase: 'ok', impossible, id: recorder.nextId() });
    await sleep(SAMPLE_EVERY_MS, signal); // aborted: seen above
  }
}
