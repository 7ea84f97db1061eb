import type { VNode } from 'preact';
import { shortDuration } from '../text/duration.ts';
import { serverMs } from '../state/store.ts';
import { ClockTime } from './clock-time.tsx';

/** How long ago something was, by the server's time, with the exact time below. */
export function Age({ since, word = 'since' }: { since: string; word?: 'since' | 'at' }): VNode {
  const now = serverMs.value;
  return (
    <time dateTime={since} title={since}>
      <span class="ticking">{now === null ? '–' : shortDuration(now - Date.parse(since))}</span>
      <span class="exact">
        {word} <ClockTime at={since} now={now} />
      </span>
    </time>
  );
}
