import { asCode } from '@orchestra/pause-core/visible-text';
import { stripVTControlCharacters } from 'node:util';

// Control characters but the line break and the tab, lone surrogates, line and paragraph separators, and the marks that
// turn the direction of text round.
const INVISIBLE = /[^\P{Cc}\n\t]|[\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/**
 * What a command printed, safe to read in a terminal: without colours, and what could move the cursor is shown as its
 * code.
 */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replaceAll('\r\n', '\n').replaceAll(INVISIBLE, asCode);
}

/** In a fence that nothing in it can close. */
export function fenced(text: string): string {
  const plain = plainText(text).trimEnd();
  const longest = Math.max(2, ...[...plain.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${plain}\n${fence}`;
}
