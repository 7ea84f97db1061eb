import type { TASK_EVENT_KINDS, TaskStatus } from '../contract/index.ts';

/** What is known of a task that a pause has let through. */
export interface ProbeFacts {
  /** null: there is no such task any more. */
  status: TaskStatus | null;
  /** It still carries the mark, which is good for one run. */
  marked: boolean;
  /** A run of it began with the mark. */
  claimed: boolean;
  /** The event that ended that run; null: none did yet. */
  endedAs: (typeof TASK_EVENT_KINDS)[number] | null;
}

/**
 * What a probe says: it `waits` to be claimed, or `runs`; it was `done`, so the scope is well again; its own work
 * failed (`code`); its
 * `environment` did, which says nothing of the scope; or the run ended without saying anything (`lost`): handed back,
 *   reaped, or never begun.
 */
export type ProbeVerdict = 'waits' | 'runs' | 'done' | 'code' | 'environment' | 'lost';

/**
 * Judges a probe. A task that a failed run has put back in the queue has failed all the same: one run is the probe, not
 * all its attempts.
 */
export function probeVerdict({ status, marked, claimed, endedAs }: ProbeFacts): ProbeVerdict {
  if (status === null) return 'lost';
  if (marked && status === 'queued') return 'waits';
  if (marked && status === 'running') return 'runs';
  if (!claimed) return 'lost';
  switch (endedAs) {
    case 'completed':
      return 'done';
    case 'failed':
      return 'code';
    case 'held':
      return 'environment';
    case null:
      return byStatus(status);
    default:
      return 'lost';
  }
}

/** Ended by a door that writes no event, or the mark was taken from a run that goes on. */
function byStatus(status: TaskStatus): ProbeVerdict {
  if (status === 'running') return 'runs';
  if (status === 'succeeded') return 'done';
  if (status === 'failed') return 'code';
  return status === 'held' ? 'environment' : 'lost';
}
