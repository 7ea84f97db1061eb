import type { ActivePauseView } from '@orchestra/pause-core/contract';
import type { QueueView } from '@orchestra/task-queue/contract';
import type { ScopeFilter } from '../desk/desk.ts';
import type { View } from '../keep-showing.ts';
import { showPauses } from './pauses.ts';
import { showQueue } from './queue.ts';
import { sayScope } from './say-pause.ts';

const PAUSES_NAMED_MAX = 5;

export interface Status {
  queue: QueueView;
  pauses: ActivePauseView[];
}

/** That a reaper made its round is no change, nor that time went by since the brake was proved. */
function withoutClocks(queue: QueueView): object {
  return {
    ...queue,
    reaper: { ...queue.reaper, last_tick_at: null },
    brake_proof: queue.brake_proof === null ? null : { ...queue.brake_proof, last_proven_seconds: null },
  };
}

/** The queue and what is paused. */
export const statusView: View<Status> = {
  read: async (desk) => {
    const [queue, pauses] = await Promise.all([desk.queue(), desk.pauses()]);
    return { queue, pauses };
  },
  picture: ({ queue, pauses }) => [showPauses(pauses), '', showQueue(queue)].join('\n'),
  line: ({ queue: { counts }, pauses }) =>
    [...Object.entries(counts).map(([status, count]) => `${status} ${count}`), namePauses(pauses)].join('  '),
  answer: (status) => status,
  changes: ({ queue, pauses }) => ({
    queue: withoutClocks(queue),
    pauses: pauses.map((pause) => ({ ...pause, age_seconds: null, remaining_seconds: null })),
  }),
};

/** The same for `queue --watch`, whose JSON is that of the queue alone. */
export const queueView: View<Status> = {
  ...statusView,
  answer: ({ queue }) => queue,
  changes: ({ queue }) => withoutClocks(queue),
};

/** What is paused; of one scope where one is given. */
export const pausesView = (scope?: ScopeFilter): View<{ pauses: ActivePauseView[] }> => ({
  read: async (desk) => ({ pauses: await desk.pauses(scope) }),
  picture: ({ pauses }) => showPauses(pauses),
  line: ({ pauses }) => namePauses(pauses),
  answer: (answer) => answer,
  changes: ({ pauses }) => pauses.map((pause) => ({ ...pause, age_seconds: null, remaining_seconds: null })),
});

function namePauses(pauses: readonly ActivePauseView[]): string {
  if (pauses.length === 0) return 'nothing paused';
  const named = pauses.slice(0, PAUSES_NAMED_MAX).map(sayScope);
  const others = pauses.length > named.length ? ` and ${pauses.length - named.length} more` : '';
  return `paused: ${named.join(', ')}${others}`;
}
