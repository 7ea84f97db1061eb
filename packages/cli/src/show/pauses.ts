import { styleText } from 'node:util';
import type { ActivePauseView, PauseView } from '@orchestra/pause-core/contract';
import { sayDuration } from './duration.ts';
import { sayInstant } from './instant.ts';
import { table } from './table.ts';
import { visibleText } from './visible-text.ts';

/** `agent skeptic` */
export function sayScope(pause: Pick<PauseView, 'scope_kind' | 'scope_value'>): string {
  return visibleText(`${pause.scope_kind} ${pause.scope_value}`);
}

/** `until 03:30:00Z (30m)`, or `until somebody clears it`. */
export function sayEnd(pause: Pick<PauseView, 'expires_at' | 'ttl_seconds'>): string {
  if (pause.expires_at === null || pause.ttl_seconds === null) return 'until somebody clears it';
  return `until ${sayInstant(pause.expires_at)} (${sayDuration(pause.ttl_seconds, 4)})`;
}

/** The active pauses as a table; one line where there is none. */
export function showPauses(pauses: readonly ActivePauseView[]): string {
  if (pauses.length === 0) return 'nothing is paused';
  return table(pauses, [
    { head: 'ID', cell: (pause) => pause.id },
    { head: 'SCOPE', cell: sayScope },
    { head: 'BY', cell: (pause) => pause.paused_by },
    { head: 'SINCE', cell: (pause) => `${sayDuration(pause.age_seconds)} ago (${sayInstant(pause.paused_at)})` },
    { head: 'LEFT', cell: (pause) => pause.remaining_seconds === null ? 'until cleared' : sayDuration(pause.remaining_seconds) },
    { head: 'IN FLIGHT', cell: (pause) => pause.quiet ? 'quiet' : pause.in_flight_count + pause.claimed_ahead_count, align: 'right' },
    { head: 'WAITING', cell: (pause) => pause.queued, align: 'right' },
    { head: 'REASON', cell: (pause) => pause.reason },
  ]);
}

/** One pause in a sentence: which, who, since when, until when, why. */
export function sayPause(pause: PauseView): string {
  return `${sayScope(pause)} is paused by ${visibleText(pause.paused_by)} since ${sayInstant(pause.paused_at)}, ${sayEnd(pause)}: ${visibleText(pause.reason)}`;
}

/** Colour for what must not be overlooked. */
export function loud(text: string): string {
  return styleText(['bold', 'yellow'], text, { stream: process.stdout });
}
