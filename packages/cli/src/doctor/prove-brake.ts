import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CANARY_AGENT_PREFIX } from '@orchestra/pause-core';
import { wordsOf } from '../words-of.ts';
import { BELL_MAX_MS, type CanaryWay } from './canary.ts';
import { failed, ok, type Finding } from './finding.ts';
import { manualPage } from '@orchestra/service-shell/manual';

const BELLS = 'bells';
const BRAKE = 'brake';
// The sweep that puts paused tasks off may hold a task for a moment longer than its pause lasts, and a claim passes
// over it. On a busy machine the moment is long.
const STARTS_AGAIN_MAX_MS = 5_000;
const CLAIM_EVERY_MS = 100;

/**
 * Proves the brake with a scope that nobody else has: pauses it, adds a task, sees a claim refused, clears, sees the
 * claim granted, ends the task. Whatever happens, the pause is cleared and the task does not stay in the queue.
 *
 * @param signal ends it early, with everything put right
 */
export async function proveBrake(
  way: CanaryWay,
  signal: AbortSignal,
  onFinding: (finding: Finding) => void,
): Promise<void> {
  const agent = `${CANARY_AGENT_PREFIX}${randomBytes(6).toString('hex')}`;
  const ended = new AbortController();
  const left: { pause?: string | undefined; task?: string | undefined } = {};
  try {
    onFinding(await prove(way, agent, left, AbortSignal.any([signal, ended.signal]), onFinding));
  } catch (error) {
    if (signal.aborted) throw error;
    onFinding(
      failed(
        BRAKE,
        `the proof broke off: ${wordsOf(error)}`,
        'see what is said above; a brake that cannot be proved must not be relied on',
      ),
    );
  } finally {
    ended.abort();
    const trouble = await putRight(way, agent, left);
    if (trouble !== undefined) onFinding(trouble);
  }
}

async function prove(
  way: CanaryWay,
  agent: string,
  left: { pause?: string | undefined; task?: string | undefined },
  signal: AbortSignal,
  onFinding: (finding: Finding) => void,
): Promise<Finding> {
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    return work();
  };
  const heard = await step(() => way.listen(agent, signal));
  const pause = await step(() => way.pause(agent));
  left.pause = pause.id;
  const afterMs = await step(heard);
  onFinding(
    afterMs === undefined
      ? failed(
          BELLS,
          `the pause was not heard of within ${BELL_MAX_MS} ms: changes are found by re-reading alone, every ` +
            'five seconds',
          'a pooler passes no notifications on: LISTEN_DATABASE_URL has to name the database itself',
        )
      : ok(BELLS, `a pause was heard of ${Math.round(afterMs)} ms later`),
  );
  if (!pause.settled)
    return failed(
      BRAKE,
      'the pause did not settle: a claim that began before it hangs',
      `see "settled: false" in ${manualPage('operations.md')}`,
    );
  left.task = await step(() => way.add(agent));
  const refused = await step(() => way.claim(agent));
  if (refused !== undefined) {
    await way.complete(refused.id, refused.run_id);
    left.task = undefined;
    return failed(
      BRAKE,
      'A PAUSED TASK WAS CLAIMED',
      'stop the workers: this brake does not hold. Then compare the versions of the services with the ' +
        'migrations of the database',
    );
  }
  await step(() => way.clear(pause.id));
  left.pause = undefined;
  const lastAt = performance.now() + STARTS_AGAIN_MAX_MS;
  let claimed = await step(() => way.claim(agent));
  let seen = claimed === undefined ? await way.look(left.task) : undefined;
  while (claimed === undefined && seen?.status === 'queued' && performance.now() < lastAt) {
    await delay(CLAIM_EVERY_MS, undefined, { signal });
    claimed = await step(() => way.claim(agent));
    if (claimed === undefined) seen = await way.look(left.task);
  }
  if (claimed === undefined) {
    if (seen?.status === 'queued')
      return failed(
        BRAKE,
        'paused work was refused, but it does not start again after the pause was cleared',
        `see \`orchestra task why ${left.task}\``,
      );
    left.task = undefined;
    return ok(
      BRAKE,
      'a paused task was refused; once cleared, a worker that takes anything ' +
        `(${seen?.worker ?? 'which has ended it'}) was quicker than the doctor to claim it`,
    );
  }
  await way.complete(claimed.id, claimed.run_id);
  left.task = undefined;
  return ok(BRAKE, 'a paused task was refused, and claimed once the pause was cleared');
}

/**
 * Clears the pause and ends the task, each whatever became of the other; without the signal, because it has to happen.
 */
async function putRight(
  way: CanaryWay,
  agent: string,
  left: { pause?: string | undefined; task?: string | undefined },
): Promise<Finding | undefined> {
  const troubles: string[] = [];
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    await work().catch((error: unknown) => {
      troubles.push(`${what}: ${wordsOf(error)}`);
    });
  };
  const { pause, task } = left;
  // Before the pause is cleared: then no other worker can take it in between.
  if (task !== undefined) await attempt(`task ${task} was not set aside`, () => way.park(task));
  if (pause !== undefined)
    await attempt(`pause ${pause} on agent ${agent} was not cleared, and ends by itself within a minute`, () =>
      way.clear(pause),
    );
  return troubles.length === 0
    ? undefined
    : failed('clean up', troubles.join('; '), 'clear and park what is named here by hand');
}
