import { AHEAD_COUNTED_MAX, type Hold, type TaskWhy } from '../contract/index.ts';
import { holdsOver } from './holds-over.ts';
import type { TaskFacts } from './facts.ts';
import { whereItIs } from './where-it-is.ts';

/**
 * Why a task is not running, what must go first, and when it could start. Where several things hold it, it starts when
 * the last of them has gone; where nobody knows when one of them goes, nobody knows when it starts.
 */
export function whyNot(facts: TaskFacts): TaskWhy {
  const waits = facts.status === 'queued' || facts.status === 'held';
  const holds = waits ? holdsOver(facts) : [whereItIs(facts)];
  return {
    task_id: facts.taskId,
    status: facts.status,
    at: facts.at,
    can_start_now: waits && holds.length === 0,
    holds,
    ahead: asCounted(facts.ahead),
    earliest_start: waits ? lastEnd(holds, facts.at) : null,
    if_cleared: holds.flatMap((hold) =>
      hold.pause_id === undefined
        ? []
        : [
            {
              pause_id: hold.pause_id,
              ready_at: lastEnd(
                holds.filter((other) => other !== hold),
                facts.at,
              ),
              ahead: aheadWithout(hold.pause_id, facts),
            },
          ],
    ),
  };
}

function aheadWithout(pauseId: string, { pauses }: TaskFacts): TaskWhy['ahead'] | null {
  const ahead = pauses.find(({ id }) => id === pauseId)?.aheadIfCleared ?? null;
  return ahead === null ? null : asCounted(ahead);
}

function asCounted(ahead: number): TaskWhy['ahead'] {
  return { count: Math.min(ahead, AHEAD_COUNTED_MAX), more: ahead > AHEAD_COUNTED_MAX };
}

/**
 * When the last of these has gone by itself, `now` where there are none; null: one of them does not, or nobody knows
 * when.
 */
function lastEnd(holds: readonly Hold[], now: string): string | null {
  let last = now;
  for (const { until } of holds) {
    if (until === null) return null;
    if (Date.parse(until) > Date.parse(last)) last = until;
  }
  return last;
}
