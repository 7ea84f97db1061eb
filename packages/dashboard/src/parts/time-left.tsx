import type { PauseView } from '@orchestra/pause-core/contract';
import type { VNode } from 'preact';
import { shortDuration } from '../text/duration.ts';
import { localTime } from '../text/local-time.ts';
import { serverMs } from '../state/store.ts';

/** How long the pause has still to go. One that is over says so until the stream takes it away. */
export function TimeLeft({ view }: { view: PauseView }): VNode {
  const { expires_at: end, ttl_seconds: ttlSeconds } = view;
  if (end === null) return <span class="endless">until cleared</span>;
  const now = serverMs.value;
  if (now === null) return <span>–</span>;
  const leftMs = Math.min(Date.parse(end) - now, (ttlSeconds ?? Number.POSITIVE_INFINITY) * 1_000);
  return (
    <time dateTime={end} title={end}>
      {/* Up to the next second: "1s" until the very end, and never "0s". */}
      <span class="ticking">{leftMs > 0 ? shortDuration(leftMs + 999) : 'ended'}</span>
      <span class="exact">{leftMs > 0 ? 'until' : 'at'} {localTime(end, now)}</span>
    </time>
  );
}
