import { setTimeout as delay } from 'node:timers/promises';
import type { WatchedCall } from '@orchestra-brake/client';
import { CommandFailure } from '../failure.ts';

// Then the service is asked for a sign of life.
const LOOK_AFTER_MS = 1_000;
// Then the person at the keyboard is told, unless it has shown one.
const TELL_AFTER_MS = 2_000;
// Without a sign of life for this long it is given up.
const GIVE_UP_AFTER_MS = 5_000;
const LOOK_EVERY_MS = 1_000;
const DIRECT = 'With the database reachable, the same command works without the services: add --direct';

/**
 * Stands beside a call that is not answered. A service that answers `/livez` works on the call and may take its time; one
 * that takes connections and answers nothing hangs (its process is stopped, or its machine has nothing left for it).
 *
 * @param talk tells the person at the keyboard
 * @returns when the call is over (`signal`)
 * @throws CommandFailure `no_answer` when the service hangs
 */
export async function awaitAnswer({ service, url, changes, signal }: WatchedCall, talk: (line: string) => void): Promise<void> {
  let aliveAt = performance.now();
  if (!await waited(LOOK_AFTER_MS, signal)) return;
  do {
    const silence = setTimeout(talk, aliveAt + TELL_AFTER_MS - performance.now(), `no answer from ${service} at ${url} yet. ${DIRECT}`);
    const sign = await signOfLife(url, aliveAt + GIVE_UP_AFTER_MS - performance.now(), signal);
    clearTimeout(silence);
    if (sign === 'silent') {
      const open = changes ? ' What was asked for may still be done when it goes on.' : '';
      throw new CommandFailure('no_answer', `${service} at ${url} takes connections and answers nothing: it hangs.${open} ${DIRECT}; \`orchestra doctor\` looks at every part`);
    }
    aliveAt = performance.now();
  } while (await waited(LOOK_EVERY_MS, signal));
}

/** `gone`: nobody listens there. The call itself notices that, and tries again or fails. */
async function signOfLife(url: string, withinMs: number, signal: AbortSignal): Promise<'alive' | 'silent' | 'gone'> {
  const late = AbortSignal.timeout(Math.max(1, Math.ceil(withinMs)));
  try {
    const response = await fetch(`${url}/livez`, { signal: AbortSignal.any([signal, late]) });
    await response.body?.cancel();
    return 'alive';
  } catch {
    return late.aborted && !signal.aborted ? 'silent' : 'gone';
  }
}

function waited(ms: number, signal: AbortSignal): Promise<boolean> {
  return delay(ms, true, { signal }).catch(() => false); // aborted
}
