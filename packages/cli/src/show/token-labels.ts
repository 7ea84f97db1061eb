import type { TokenLabels } from '@orchestra/pause-core';
import { visibleText } from './visible-text.ts';

const KINDS = [
  ['agents', 'agent'],
  ['skills', 'skill'],
  ['quests', 'quest'],
  ['actors', 'actor'],
] as const;

/** What a token may work under, as `agent skeptic, skill lint or review`. */
export function sayTokenLabels(labels: TokenLabels): string {
  return KINDS.flatMap(([field, kind]) =>
    labels[field] === undefined ? [] : [`${kind} ${labels[field].map(visibleText).join(' or ')}`],
  ).join(', ');
}
