// Apart from the tables: what draws those is the larger part of what a short answer would load.
import { styleText } from 'node:util';
import type { PauseView, ScopeLabels } from '@orchestra/pause-core/contract';
import { scopeOf, scopeText } from '@orchestra/pause-core/scope';
import { sayDuration } from './duration.ts';
import { sayInstant } from './instant.ts';
import { visibleText } from './visible-text.ts';

/** `agent skeptic`, `agent skeptic + quest q-7`, `the whole fleet` */
export function sayScope(
  pause: Pick<PauseView, 'scope_kind' | 'scope_value'> & { also?: ScopeLabels | null | undefined },
): string {
  return visibleText(scopeText(scopeOf(pause)));
}

/** `until 03:30:00Z (30m)`, or `until somebody clears it`. */
export function sayEnd(pause: Pick<PauseView, 'expires_at' | 'ttl_seconds'>): string {
  if (pause.expires_at === null || pause.ttl_seconds === null) return 'until somebody clears it';
  return `until ${sayInstant(pause.expires_at)} (${sayDuration(pause.ttl_seconds, 4)})`;
}

/** The same without how long that is in all: for a pause whose end was moved. */
export function sayUntil(pause: Pick<PauseView, 'expires_at'>): string {
  return pause.expires_at === null ? 'until somebody clears it' : `until ${sayInstant(pause.expires_at)}`;
}

/** One pause in a sentence: which, who, since when, until when, why. */
export function sayPause(pause: PauseView): string {
  return (
    `${sayScope(pause)} is paused by ${visibleText(pause.paused_by)} since ` +
    `${sayInstant(pause.paused_at)}, ${sayEnd(pause)}: ${visibleText(pause.reason)}`
  );
}

/** Colour for what must not be overlooked. */
export function loud(text: string): string {
  return styleText(['bold', 'yellow'], text, { stream: process.stdout });
}
