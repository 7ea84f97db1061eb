import { lookAtProcess, ownProcessIdentity } from '@orchestra/task-queue/process-table';

const OWNED = /^orchestra boot=(\S+) namespace=(.+) pid=([0-9]+) started=([0-9]+)$/;
const OWNED_SOMEHOW = 'orchestra';

/** What a worktree is locked with: the process that works in it. */
export function ownerReason(): string {
  const own = ownProcessIdentity();
  if (own === undefined) return OWNED_SOMEHOW;
  return (
    `orchestra boot=${own.boot_id} namespace=${own.pid_namespace} pid=${process.pid} ` +
    `started=${own.process_started}`
  );
}

/**
 * Whether the process behind a lock is known to have ended. False for locks of other people, of other containers, and
 * where there is no telling: a worktree too many costs less than one taken from under a run.
 */
export function ownerIsGone(reason: string): boolean {
  const [, boot, namespace, pid = '', started = ''] = OWNED.exec(reason) ?? [];
  const own = ownProcessIdentity();
  if (boot === undefined || own === undefined) return false;
  if (boot !== own.boot_id) return true; // the machine was restarted
  if (namespace !== own.pid_namespace) return false;
  const seen = lookAtProcess(Number(pid));
  return seen === 'gone' || (seen !== 'unknown' && seen.startedAtTicks !== Number(started));
}
