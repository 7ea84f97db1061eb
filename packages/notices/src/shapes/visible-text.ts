import { withoutInvisible } from '@orchestra/pause-core/visible-text';

/**
 * A text that others wrote, for people who read it in a chat or on a pager: one line, and what could deceive is shown
 * as its code.
 */
export function visibleText(text: string): string {
  return withoutInvisible(text.replaceAll(/\s+/gu, ' '));
}

/** At most so many characters as `lengthOf` counts them, with an ellipsis where something is missing. */
export function shortened(
  text: string,
  max: number,
  lengthOf: (character: string) => number = (character) => character.length,
): string {
  let length = 0;
  let kept = '';
  for (const character of text) {
    length += lengthOf(character);
    if (length > max - 1) return `${kept}…`;
    kept += character;
  }
  return kept;
}
