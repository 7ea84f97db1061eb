// Control characters, lone surrogates, line and paragraph separators, the marks that turn the direction of text round, and what has no width.
const INVISIBLE = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A text that others wrote, safe to print: what could move the cursor, recolour the screen or reorder the line is shown
 * as its code (`\x1b`, `\u202e`). A reason must not be able to draw a terminal's truth over.
 */
export function visibleText(text: string): string {
  return text.replaceAll(INVISIBLE, (character) => NAMED[character] ?? code(character));
}

/** The same for a message of several lines: its line breaks stay. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visibleText).join('\n');
}

/** The same for what a program printed: its line breaks and tabs stay. */
export function visibleOutput(text: string): string {
  return text.replaceAll(/[^\n\t]+/g, (piece) => visibleText(piece.replaceAll(/\r$/gm, '')));
}

/** JSON that is as safe to print: the same characters, in the escapes that JSON has for them. */
export function printableJson(value: unknown, indent?: number): string {
  // JSON.stringify escapes what is below U+0020 by itself; its own line breaks must stay.
  return JSON.stringify(value, undefined, indent).replaceAll(INVISIBLE, (character) =>
    character === '\n' ? character : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}

function code(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  return point < 0x100 ? `\\x${point.toString(16).padStart(2, '0')}` : `\\u${point.toString(16).padStart(4, '0')}`;
}
