import type { VNode } from 'preact';
import { zone } from '../state/zone.ts';
import { timeText } from '../text/time-text.ts';

/** An instant in words, by the clock that the reader has chosen, with its zone. */
export function ClockTime({ at, now }: { at: string; now: number | null }): VNode {
  const { time, zone: name } = timeText(at, now, zone.value);
  return (
    <>
      {time} <span class="zone">{name}</span>
    </>
  );
}
