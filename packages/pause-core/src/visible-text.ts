/**
 * The characters that make a text read as something else, as they stand within the brackets of a pattern: what ends a
 * line, the marks that turn the direction round, and what has no width. The joiners U+200C and U+200D are not among
 * them: scripts and emoji need those. Nor are controls, of which each place lets others pass.
 *
 * The page takes it from here, too: so nothing is imported.
 */
export const DECEIVING = String.raw`\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff`;

/**
 * A text in which no control, lone surrogate or deceiving character is left: `written` says what stands in its place.
 */
export function withoutInvisible(text: string, written: (character: string) => string = asCode): string {
  return text.replaceAll(INVISIBLE, written);
}

const INVISIBLE = new RegExp(String.raw`[\p{Cc}\p{Cs}${DECEIVING}]`, 'gu');

/** A character as people read its code: `\x1b`, `\u202e`. */
export function asCode(character: string): string {
  const point = codePoint(character);
  return point < 0x100 ? `\\x${hex(point, 2)}` : asJsonEscape(character);
}

/** A character as JSON writes its code, to be read back as the same: `\u001b`. It is one of the first 65,536. */
export function asJsonEscape(character: string): string {
  return `\\u${hex(codePoint(character), 4)}`;
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}

function hex(point: number, digits: number): string {
  return point.toString(16).padStart(digits, '0');
}
