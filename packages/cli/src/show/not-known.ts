import type { LabelKind, NearLabel } from '@orchestra/pause-core/contract';
import { labelsOf, scopeOf } from '@orchestra/pause-core/scope';
import { loud, sayScope } from './say-pause.ts';
import { visibleText } from './visible-text.ts';

type NamedScope = Parameters<typeof sayScope>[0];

/** A person who mistypes a name must not believe that it is paused, or that it is not. */
export function sayNotKnown(
  scope: NamedScope,
  near: readonly NearLabel[] = [],
  carriers = 'no task, run, worker or pause',
  unknownKind?: LabelKind,
): string {
  // Of several labels, the one that is not known.
  const label = labelsOf(scopeOf(scope)).find(([kind]) => kind === unknownKind);
  const meant = near.map(
    (one) =>
      `${visibleText(one.scope_value)} (${one.in_flight_count} in flight, ` +
      `${one.queued}${one.queued_more ? '+' : ''} waiting)`,
  );
  return loud(
    `NOT KNOWN: ${carriers} has ever carried ` +
      `${label === undefined ? sayScope(scope) : visibleText(label.join(' '))}${meant.length === 0 ? '' : `; near it: ${meant.join(', ')}`}`,
  );
}

/** The same of a repo whose gate somebody has just frozen or limited. */
export function sayRepoNotKnown(repo: string, near: readonly string[] = []): string {
  const meant = near.map((one) => visibleText(one));
  return loud(
    `NOT KNOWN: until now no task has named the repo ${visibleText(repo)}, and nobody has frozen or ` +
      `limited it${meant.length === 0 ? '' : `; near it: ${meant.join(', ')}`}`,
  );
}
