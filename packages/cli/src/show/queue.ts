import type { QueueView, RunnerView } from '@orchestra/task-queue/contract';
import { sayAgo } from './instant.ts';
import { sayDuration } from './duration.ts';
import { loud } from './say-pause.ts';
import { showGates } from './gates.ts';
import { table } from './table.ts';
import { visibleText } from './visible-text.ts';

/** The queue in numbers, with what holds it up. */
export function showQueue(queue: QueueView): string {
  return [
    table(Object.entries(queue.counts), [
      { head: 'STATUS', cell: ([status]) => status },
      { head: 'TASKS', cell: ([, count]) => count, align: 'right' },
    ]),
    '',
    showGates(queue.serial_gate),
    `pauses: ${queue.pauses.active} active; ${queue.pauses.deferred} queued tasks are paused`,
    `reaper: a run without a heartbeat for ${queue.reaper.lease_seconds}s is taken away; ` +
      `${queue.reaper.reaped_total} so far`,
    ...(queue.reaper.rows_failing > 0
      ? [
          `cannot be healed or taken from a lost worker: ${queue.reaper.rows_failing} rows; the log of ` +
            'worker-claimer tells which, and why',
        ]
      : []),
    ...(queue.reaper.impossible_queued_total > 0
      ? [`healed: ${queue.reaper.impossible_queued_total} queued rows that still named a run`]
      : []),
    sayProof(queue.brake_proof),
    ...queue.runners
      .filter((runner) => runner.switched === 'on' || runner.held > 0 || runner.permanent_env)
      .map(sayRunner),
  ].join('\n');
}

/** When the brake was last proved, or what is wrong with that. */
function sayProof(proof: QueueView['brake_proof']): string {
  if (proof === null) return 'self-test of the brake: off';
  const last = proof.proved_at === null ? 'never proved yet' : `last proved ${sayAgo(proof.proved_at)}`;
  if (proof.failure !== null)
    return loud(
      `THE SELF-TEST OF THE BRAKE FAILED ${sayAgo(proof.failed_at ?? '')}: ${visibleText(proof.failure)}; ${last}`,
    );
  if (proof.overdue)
    return loud(`THE SELF-TEST OF THE BRAKE IS OVERDUE: no instance of pause-api has made it; ${last}`);
  return `self-test of the brake: ${last}, every ${sayDuration(proof.every_seconds)}`;
}

function sayRunner(runner: RunnerView): string {
  const found =
    runner.preflight === null
      ? 'no preflight in the last day'
      : `${runner.preflight.outcome} ${sayAgo(runner.preflight.at)}: ${visibleText(runner.preflight.says)}`;
  return `runner ${runner.runner}: ${runner.switched}, ${runner.held} held; ${found}`;
}
