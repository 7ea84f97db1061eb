import type { VNode } from 'preact';
import { serverMs } from '../state/store.ts';
import { shortDuration } from '../text/duration.ts';
import { ClockTime } from './clock-time.tsx';

/** An instant on the clock that the reader has chosen, exact to the second at hand. It does not tick. */
export function When({ at, ago = false }: { at: string; ago?: boolean }): VNode {
  const now = ago ? serverMs.value : serverMs.peek();
  return (
    <time class="at" dateTime={at} title={at}>
      <ClockTime at={at} now={now} />
      {ago && now !== null && <span class="ago"> {shortDuration(now - Date.parse(at))} ago</span>}
    </time>
  );
}
