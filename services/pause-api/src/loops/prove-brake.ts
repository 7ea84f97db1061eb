import type { Database } from '@orchestra/database';
import type { PauseReplica } from '@orchestra/pause-core';
import { startLoop, type Logger, type Loop } from '@orchestra/service-shell';
import {
  alertOfProof,
  noteProof,
  proveBrake,
  readBrakeProof,
  setProofPeriod,
  takeProofTurn,
} from '@orchestra/task-queue';

// How late an overdue test is told at the most, and how soon this instance knows what another has found.
const LOOK_EVERY_MS = 60_000;
const RETRY_MS = 10_000;

export interface Prover {
  loop: Loop;
  /** Seconds since the brake was last proved, by whichever instance; -1: never, or the self-test is off. */
  lastProvenSeconds: () => number;
}

/**
 * The self-test of the brake, on a timer. Any number of instances may run it: one of them makes each test, and each of
 * them tells when none does.
 *
 * @param options.everySeconds null: it is off
 */
export function startProver({
  db,
  replica,
  everySeconds,
  log,
}: {
  db: Database;
  replica: PauseReplica;
  everySeconds: number | null;
  log: Logger;
}): Prover {
  let provedAtMs: number | undefined;
  let isSet = false;

  async function test(): Promise<void> {
    const knows = (agent: string): boolean => replica.isPaused({ agentId: agent }).paused;
    // What failed for want of luck is tried once more before anybody is woken.
    const failure = (await proveOnce(knows)) === null ? null : await proveOnce(knows);
    await noteProof(db, failure);
    if (failure === null) log.debug('the brake was proved');
    else log.error({ failure }, 'the self-test of the brake failed');
  }

  const proveOnce = (knows: (agent: string) => boolean): Promise<string | null> =>
    proveBrake(db, { knows }).catch(
      (error: unknown) => `it broke off: ${error instanceof Error ? error.message : String(error)}`,
    );

  const loop = startLoop({
    name: 'the self-test of the brake',
    everyMs: LOOK_EVERY_MS,
    retryMs: RETRY_MS,
    log,
    round: async () => {
      if (!isSet) await setProofPeriod(db, everySeconds);
      isSet = true;
      if (everySeconds === null) return undefined;
      if (await takeProofTurn(db)) await test();
      await alertOfProof(db);
      const proof = await readBrakeProof(db);
      provedAtMs =
        proof === null || proof.last_proven_seconds === null
          ? undefined
          : performance.now() - proof.last_proven_seconds * 1_000;
      return proof === null ? undefined : Math.ceil(proof.nextSeconds * 1_000) + 5;
    },
  });
  return { loop, lastProvenSeconds: () => (provedAtMs === undefined ? -1 : (performance.now() - provedAtMs) / 1_000) };
}
