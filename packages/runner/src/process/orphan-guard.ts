import { spawn } from 'node:child_process';

// Two lines are read: which group and which mark, and one that never comes. The second `read` ends when the other end
// of the pipe is gone, and the kernel closes that however this process came to its end. Who carries the mark is looked
// up where there is a /proc.
const GUARD = `
read -r group mark || exit 0
read -r _
marked() { grep -slF -- "$mark" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3; }
end() { kill -s "$1" -- "-$group" 2>/dev/null; for pid in $(marked); do kill -s "$1" -- "$pid" 2>/dev/null; done; }
left() { kill -s 0 -- "-$group" 2>/dev/null || [ -n "$(marked)" ]; }
end TERM
left || exit 0
sleep "$1"
for _ in 1 2 3 4 5 6 7 8 9 10; do end KILL; left || exit 0; sleep 1; done`;

export interface OrphanGuard {
  /**
   * From here on it watches over this process group and whoever carries the mark. Call it in the same turn in which the
   * group began.
   */
  watch(pgid: number, mark: string): void;
  /** Call it when the group has ended, or never began. */
  dismiss(): void;
}

/**
 * Ends a command's processes should this process end before them, also by SIGKILL: its task is given to another worker
 * then, and must not run twice at a time (P10). A small shell waits beside the group for that.
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
      watch: (pgid, mark) => {
        guard.stdin.write(`${pgid} ${mark}\n`);
      },
      dismiss: () => {
        guard.kill('SIGKILL');
      },
    };
  } catch (error) {
    // No file descriptors left, for one.
    onUnguarded(error instanceof Error ? error : new Error(String(error)));
    return { watch: () => {}, dismiss: () => {} };
  }
}
