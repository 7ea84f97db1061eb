import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY_MS = 20;

/**
 * Ends every process of a group: TERM, and KILL for what is left after `graceMs`. Resolves when nothing is left, or KILL has
 * been sent, which nothing survives.
 *
 * @param pgid the id of the process that leads it; while one of the group lives, the system gives that id to nobody else
 */
export async function endProcessGroup(pgid: number, graceMs: number): Promise<void> {
  if (!signalGroup(pgid, 'SIGTERM')) return;
  const deadlineMs = performance.now() + graceMs;
  while (performance.now() < deadlineMs) {
    if (!signalGroup(pgid, 0)) return;
    await delay(LOOK_EVERY_MS);
  }
  signalGroup(pgid, 'SIGKILL');
}

/** Sends a signal, or with 0 only looks. False: there is no such group (any more). */
function signalGroup(pgid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pgid, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    // EPERM: what is left of it runs as someone else, or macOS counts processes that have ended. Either way there is nothing to do.
    if (error instanceof Error && 'code' in error && error.code === 'EPERM') return false;
    throw error;
  }
}
