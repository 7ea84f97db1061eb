import { spawn } from 'node:child_process';

// `read` ends when the other end of the pipe is gone, and the kernel closes that however the worker came to its end.
const GUARD = 'read -r _; kill -s TERM -- "-$1" 2>/dev/null || exit 0; sleep "$2"; kill -s KILL -- "-$1" 2>/dev/null';

export interface OrphanGuard {
  /** Call it when the group has ended by itself. */
  dismiss(): void;
}

/**
 * Ends a process group should this process end before it, also by SIGKILL: its task is given to another worker then, and
 * must not run twice at a time (P10). A small shell waits beside the group for that.
 *
 * @param onUnguarded told when there is no shell to do it; the command runs all the same
 */
export function guardAgainstOrphans(pgid: number, graceMs: number, onUnguarded: (error: Error) => void): OrphanGuard {
  try {
    const guard = spawn('/bin/sh', ['-c', GUARD, 'orchestra-guard', String(pgid), String(Math.ceil(graceMs / 1_000))], {
      // A group of its own: what ends the worker's group must not end its guard.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    });
    guard.on('error', onUnguarded);
    guard.stdin.on('error', () => {}); // nothing is ever written
    return { dismiss: () => { guard.kill('SIGKILL'); } };
  } catch (error) {
    // No file descriptors left, for one. The command has begun, so it goes on.
    onUnguarded(error instanceof Error ? error : new Error(String(error)));
    return { dismiss: () => {} };
  }
}
