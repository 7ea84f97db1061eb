import { asCode, asJsonEscape, withoutInvisible } from '@orchestra/pause-core/visible-text';

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A text that others wrote, safe to print: what could move the cursor, recolour the screen or reorder the line is shown
 * as its code (`\x1b`, `\u202e`). A reason must not be able to draw a terminal's truth over.
 */
export function visibleText(text: string): string {
  return withoutInvisible(text, (character) => NAMED[character] ?? asCode(character));
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
  return withoutInvisible(JSON.stringify(value, undefined, indent), (character) =>
    character === '\n' ? character : asJsonEscape(character),
  );
}
