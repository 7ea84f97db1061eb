import type { WatchedCall } from '@orchestra-brake/client';
import { sleep } from '@orchestra/timing';
import { CommandFailure } from '../failure.ts';

// When the service is asked for a sign of life: first, and again.
const LOOK_AFTER_MS = 1_000;
const LOOK_EVERY_MS = 1_000;
// After each of these looks: when the person at the keyboard is told that the service has shown no sign of life.
const TELL_AFTER_MS = 1_000;
// After each of these looks: when a service without a sign of life is given up.
const GIVE_UP_AFTER_MS = 4_000;
const DIRECT = 'With the database reachable, the same command works without the services: add --direct';

/**
 * Watches a call that is not answered. A service that answers `/livez` works on the call and may take its time;
 * one that takes connections and answers nothing hangs (its process is stopped, or its machine has nothing left for
 * it). Time in which this process itself did not run, before a look, does not count against the service.
 *
 * @param talk tells the person at the keyboard
 * @returns when the call is over (`signal`)
 * @throws CommandFailure `no_answer` when the service hangs
 */
export async function awaitAnswer(
  { service, url, changes, signal }: WatchedCall,
  talk: (line: string) => void,
): Promise<void> {
  if (!(await sleep(LOOK_AFTER_MS, signal))) return;
  do {
    const silence = setTimeout(talk, TELL_AFTER_MS, `no answer from ${service} at ${url} yet. ${DIRECT}`);
    const sign = await signOfLife(url, signal);
    clearTimeout(silence);
    if (sign === 'silent') {
      const open = changes ? ' What was asked for may still be done when it goes on.' : '';
      throw new CommandFailure(
        'no_answer',
        `${service} at ${url} takes connections and answers nothing: it hangs.${open} ${DIRECT}; \`orchestra ` +
          `doctor\` looks at every part`,
      );
    }
  } while (await sleep(LOOK_EVERY_MS, signal));
}

/** `gone`: nobody listens there. The call itself notices that, and tries again or fails. */
async function signOfLife(url: string, signal: AbortSignal): Promise<'alive' | 'silent' | 'gone'> {
  const late = AbortSignal.timeout(GIVE_UP_AFTER_MS);
  try {
    const response = await fetch(`${url}/livez`, { signal: AbortSignal.any([signal, late]) });
    await response.body?.cancel();
    return 'alive';
  } catch {
    return late.aborted && !signal.aborted ? 'silent' : 'gone';
  }
}
