import { spawn } from 'node:child_process';

// Two lines are read: which group, and one that never comes. The second `read` ends when the other end of the pipe is gone,
// and the kernel closes that however the worker came to its end.
const GUARD = 'read -r group || exit 0; read -r _; kill -s TERM -- "-$group" 2>/dev/null || exit 0; sleep "$1"; kill -s KILL -- "-$group" 2>/dev/null';

export interface OrphanGuard {
  /** From here on it watches over this process group. Call it in the same turn in which the group began. */
  watch(pgid: number): void;
  /** Call it when the group has ended, or never began. */
  dismiss(): void;
}

/**
 * Ends a process group should this process end before it, also by SIGKILL: its task is given to another worker then, and
 * must not run twice at a time (P10). A small shell waits beside the group for that.
 *
 * @param onUnguarded told when there is no shell to do it; the command runs all the same
 */
export function guardAgainstOrphans(graceMs: number, onUnguarded: (error: Error) => void): OrphanGuard {
  try {
    const guard = spawn('/bin/sh', ['-c', GUARD, 'orchestra-guard', String(Math.ceil(graceMs / 1_000))], {
      // A group of its own: what ends the worker's group must not end its guard.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    });
    guard.on('error', onUnguarded);
    guard.stdin.on('error', () => {}); // it could not be started, which `error` has told
    return {
      watch: (pgid) => { guard.stdin.write(`${pgid}\n`); },
      dismiss: () => { guard.kill('SIGKILL'); },
    };
  } catch (error) {
    // No file descriptors left, for one.
    onUnguarded(error instanceof Error ? error : new Error(String(error)));
    return { watch: () => {}, dismiss: () => {} };
  }
}
