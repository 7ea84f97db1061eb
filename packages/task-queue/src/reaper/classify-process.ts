import type { ReapCause } from '../contract/index.ts';
import type { ProcessIdentity, ProcessSeen } from './process-table.ts';

/** What a run's claim told about the process that made it. */
export interface RunProcess {
  host: string | null;
  pid: number;
  boot_id: string;
  pid_namespace: string;
  process_started: number;
}

/** Where the judge stands. */
export interface Here extends Pick<ProcessIdentity, 'boot_id' | 'pid_namespace'> {
  host: string;
}

/**
 * Is the process behind a run dead for certain? undefined: nobody here can say, and the lease decides. A process id
 * that lives proves nothing; the run is dead when it has been given to another process (F13).
 *
 * - On the same boot, in the same pid namespace, the process table knows. Of any other namespace it knows nothing.
 * - Of a former boot of this machine nothing is left. The name of the host alone does not say that it was this machine:
 *   see
 *   `reapFormerBoots`.
 */
export function classifyProcess(
  run: RunProcess,
  here: Here,
  lookAt: (pid: number) => ProcessSeen,
): Exclude<ReapCause, 'lease'> | undefined {
  if (run.boot_id !== here.boot_id) return run.host === here.host ? 'other_boot' : undefined;
  if (run.pid_namespace !== here.pid_namespace) return undefined;
  const seen = lookAt(run.pid);
  if (seen === 'unknown') return undefined;
  return seen === 'gone' || seen.startedAtTicks !== run.process_started ? 'process_gone' : undefined;
}
