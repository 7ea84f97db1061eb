import type { AttachedReceipt, AttachedWork } from '@orchestra/pause-core/contract';
import { count, counted } from './count.ts';

/** What a pause would hold, or holds, in the queue of another engine; null: nothing, as far as it was read. */
export function sayAttachedWork({
  in_flight_count: begun,
  claimed_ahead_count: ahead,
  queued,
  queued_more: more,
  not_read: notRead,
}: AttachedWork): string | null {
  if (begun === null || queued === null) return `its jobs could not be read: ${notRead ?? ''}`;
  if (begun + (ahead ?? 0) + queued === 0) return null;
  return [
    `${counted(queued, 'job', more === true)} held`,
    `${count(begun)} in flight`,
    ...(ahead ? [`${count(ahead)} claimed ahead`] : []),
  ].join(', ');
}

/** Has a pause settled in the queue of another engine? Each answers for itself. */
export function sayAttachedSettled({
  name,
  settled,
  not_settled: why,
}: Pick<AttachedReceipt, 'name' | 'settled' | 'not_settled'>): { title: string; words: string } {
  if (settled === true) return { title: `Settled in ${name}`, words: 'every claim there that began before has ended' };
  return { title: settled === null ? `Settled in ${name}? Not known` : `Not settled in ${name}`, words: why ?? '' };
}
