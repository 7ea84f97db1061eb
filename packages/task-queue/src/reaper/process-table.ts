import { readFileSync, readlinkSync } from 'node:fs';
import { readProcessStat } from './process-stat.ts';

export { readProcessStat, type ProcessStat } from './process-stat.ts';

/** What tells one process from every other that there was or will be on machines of the same kind. */
export interface ProcessIdentity {
  /** Drawn again whenever the machine is started. */
  boot_id: string;
  /** In which process ids are counted: a container has its own. */
  pid_namespace: string;
  /**
   * In clock ticks since the machine was started. Two processes may have had the same pid, but not from the same
   * moment.
   */
  process_started: number;
}

/** What the process table says of a process id now. */
export type ProcessSeen = { startedAtTicks: number } | 'gone' | 'unknown';

const BOOT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The identity of this process; undefined where there is no `/proc` that speaks of it. */
export function ownProcessIdentity(): ProcessIdentity | undefined {
  try {
    const stat = readProcessStat('self');
    // Mounted for another namespace, as `unshare --pid` leaves it: it counts pids in another way than the kernel does
    // for us.
    if (stat?.pid !== process.pid) return undefined;
    const boot_id = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return BOOT_ID.test(boot_id)
      ? { boot_id, pid_namespace: namespaces(), process_started: stat.startedAtTicks }
      : undefined;
  } catch {
    return undefined; // no Linux, or a closed /proc: hints are what one has where one has them
  }
}

/** Looks a process up in this process's own pid namespace. Never 'gone' for one that is only hidden. */
export function lookAtProcess(pid: number): ProcessSeen {
  try {
    const stat = readProcessStat(pid);
    if (stat === undefined || stat.pid !== pid) return 'unknown';
    return stat.dead ? 'gone' : { startedAtTicks: stat.startedAtTicks };
  } catch {
    return existsForKernel(pid) ? 'unknown' : 'gone';
  }
}

/**
 * A /proc with `hidepid` shows nothing of other users' processes; the kernel still refuses to signal them with EPERM.
 */
function existsForKernel(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/** The namespace of times counts as well: start times are told by its clock. */
function namespaces(): string {
  const pids = readlinkSync('/proc/self/ns/pid');
  try {
    return `${pids} ${readlinkSync('/proc/self/ns/time')}`;
  } catch {
    return pids; // older kernels have one time for all
  }
}
