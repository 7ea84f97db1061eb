import type { RunFinishResult } from '@orchestra/task-queue/contract';
import type { QueueMetrics } from './queue-metrics.ts';

export interface EndingListeners {
  metrics: Pick<QueueMetrics, 'runsEnded'>;
  /** A task went back to the queue. */
  onReturned: () => void;
  /** A run ended for good: another task of its repo may start. */
  onFreed: () => void;
}

/**
 * What follows from runs that have ended, once that is committed: they are counted, and whoever waits for a task is
 * called.
 */
export type TellEndings = (
  endings: readonly { as: string }[],
  answers: readonly Pick<RunFinishResult, 'status'>[],
) => void;

export function tellEndings({ metrics, onReturned, onFreed }: EndingListeners): TellEndings {
  return (endings, answers) => {
    for (const [index, { as }] of endings.entries()) {
      if ((answers[index]?.status ?? null) !== null) metrics.runsEnded.inc({ outcome: as });
    }
    if (answers.some(({ status }) => status === 'queued')) onReturned();
    else if (answers.some(({ status }) => status !== null)) onFreed();
  };
}
