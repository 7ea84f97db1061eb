// As in the command line: controls, lone surrogates, separators, the marks that turn the direction of text round, and what has no width.
const INVISIBLE = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/gu;

/** A text that others wrote, for people who read it in a chat or on a pager: one line, and what could deceive is shown as its code. */
export function visibleText(text: string): string {
  return text.replaceAll(/\s+/gu, ' ').replaceAll(INVISIBLE, (character) => {
    const point = character.codePointAt(0) ?? 0;
    return point < 0x100 ? `\\x${point.toString(16).padStart(2, '0')}` : `\\u${point.toString(16).padStart(4, '0')}`;
  });
}

/** At most so many characters as `lengthOf` counts them, with an ellipsis where something is missing. */
export function shortened(text: string, max: number, lengthOf: (character: string) => number = (character) => character.length): string {
  let length = 0;
  let kept = '';
  for (const character of text) {
    length += lengthOf(character);
    if (length > max - 1) return `${kept}…`;
    kept += character;
  }
  return kept;
}
