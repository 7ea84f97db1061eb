import { sleep } from '@orchestra/timing';
import { inflict } from './faults.ts';
import type { Fleet } from './fleet.ts';
import type { PlannedFault } from './plan.ts';
import type { Recorder } from './recorder.ts';

// So much goes wrong at once and no more; a third fault waits until one of them is over.
const FAULTS_AT_ONCE = 2;

/**
 * Brings the planned faults about, each at its time or as soon after it as there is room. None begins after the signal.
 */
export async function haunt(
  faults: readonly PlannedFault[],
  fleet: Fleet,
  recorder: Recorder,
  over: AbortSignal,
): Promise<void> {
  const began = performance.now();
  const underWay = new Set<Promise<void>>();
  for (const fault of faults) {
    // Over: seen below
    await sleep(Math.max(0, began + fault.atMs - performance.now()), over);
    while (underWay.size >= FAULTS_AT_ONCE) await Promise.race(underWay);
    if (over.aborted) break;
    const under = recordedFault(fault, fleet, recorder, over).finally(() => underWay.delete(under));
    underWay.add(under);
  }
  await Promise.all(underWay);
}

async function recordedFault(fault: PlannedFault, fleet: Fleet, recorder: Recorder, over: AbortSignal): Promise<void> {
  const id = recorder.nextId();
  recorder.write({ op: 'nemesis', phase: 'invoke', fault: fault.kind, target: fault.target, id });
  try {
    await inflict(fault, fleet, over);
    recorder.write({ op: 'nemesis', phase: 'ok', id });
  } catch (error) {
    // For example: backends were to be ended while the server was down.
    recorder.write({ op: 'nemesis', phase: 'fail', why: error instanceof Error ? error.message : String(error), id });
  }
}
