import type { VNode } from 'preact';
import { Prose } from './prose.tsx';

const DETAILS_MAX = 160;

/** What an alert brought along, in one line. */
export function Details({ details }: { details: unknown }): VNode | null {
  if (details === null || details === undefined) return null;
  const characters = [...JSON.stringify(details)];
  if (characters.length <= 2) return null; // {} or ""
  return (
    <p class="details">
      <Prose
        text={characters.length > DETAILS_MAX ? `${characters.slice(0, DETAILS_MAX).join('')}…` : characters.join('')}
      />
    </p>
  );
}
