import type { PauseView } from '@orchestra/pause-core/contract';
import type { VNode } from 'preact';
import { shortDuration } from '../text/duration.ts';
import { serverMs } from '../state/store.ts';
import { ClockTime } from './clock-time.tsx';

/**
 * How long the pause has still to go. One whose time is over says what holds it now, or that it has ended until the
 * stream takes it away.
 */
export function TimeLeft({ view }: { view: PauseView }): VNode {
  const { expires_at: end, ttl_seconds: ttlSeconds } = view;
  if (end === null) return <span class="endless">until cleared</span>;
  const now = serverMs.value;
  if (now === null) return <span>–</span>;
  const leftMs = Math.min(Date.parse(end) - now, (ttlSeconds ?? Number.POSITIVE_INFINITY) * 1_000);
  return (
    <time dateTime={end} title={end}>
      {/* Up to the next second: "1s" until the very end, and never "0s". */}
      <span class="ticking">{leftMs > 0 ? shortDuration(leftMs + 999) : onceOver(view)}</span>
      <span class="exact">
        {leftMs > 0 ? 'until' : 'over at'} <ClockTime at={end} now={now} />
        {leftMs > 0 && view.then !== 'resume' && `, then ${view.then}`}
      </span>
    </time>
  );
}

/** Judged by the time, as the claim does it, and not by whether the sweeper has been there. */
function onceOver({ then, stayed_at: stayedAt, probe_task_id: probe }: PauseView): string {
  if (then === 'resume') return 'ended';
  if (then === 'stay' || stayedAt !== null) return 'waits for a person';
  return probe === null ? 'probing' : `probing with task ${probe}`;
}
