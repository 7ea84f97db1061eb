import type { AttachedReceipt, AttachedVerified, AttachedWork } from '@orchestra/pause-core/contract';
import { sayInstant } from './instant.ts';
import { loud } from './say-pause.ts';
import { visibleText } from './visible-text.ts';

/** What a pause covers in the queues of other engines, one line each. */
export function showAttached(works: readonly AttachedWork[]): string[] {
  return works.map((work) => `${work.name} (attached): ${sayWork(work)}`);
}

/** The same in a receipt, with whether each has settled. */
export function showAttachedReceipt(works: readonly AttachedReceipt[] | null): string[] {
  if (works === null) return [loud('it could not be read which queues are attached')];
  return works.map((work) => {
    const settled =
      work.settled === true
        ? 'settled'
        : loud(`${work.settled === null ? 'NOT KNOWN WHETHER SETTLED' : 'NOT SETTLED'}: ${work.not_settled ?? ''}`);
    return `${work.name} (attached): ${settled}; ${sayWork(work)}`;
  });
}

/** What `verify` found in them. */
export function showAttachedVerified(found: readonly AttachedVerified[]): string[] {
  return found.flatMap(({ name, running_checked: checked, not_read: notRead, violations }) => [
    `${name} (attached): ${checked === null ? `not checked: ${notRead ?? ''}` : `${checked} running ${checked === 1 ? 'job' : 'jobs'} checked`}`,
    ...violations.map((one) =>
      loud(
        `job ${visibleText(one.job)} of ${name} was claimed at ${sayInstant(one.claimed_at)} although pause ` +
          `${one.pause_id} (${visibleText(one.scope)}) was made at ${sayInstant(one.paused_at)}`,
      ),
    ),
  ]);
}

function sayWork({
  in_flight_count: begun,
  claimed_ahead_count: ahead,
  queued,
  queued_more: more,
  not_read: notRead,
}: AttachedWork): string {
  if (begun === null || queued === null) return `its jobs are not known: ${notRead ?? ''}`;
  return (
    `${begun} in flight${ahead ? `, ${ahead} claimed ahead` : ''}, ` +
    `${more === true ? 'more than ' : ''}${queued} waiting`
  );
}
