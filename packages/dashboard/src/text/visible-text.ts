/** A piece of text as written, or a character that is invisible and can make text read as something else. */
export type TextPiece = { readonly text: string } | { readonly codePoint: string };

// Marks, embeddings, overrides and isolates that turn the reading direction, characters without any width, and controls
// that a page shows as nothing. The joiners U+200C and U+200D are not among them: scripts and emoji need those.
const DECEIVING = /([\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2064\u2066-\u206F\uFEFF])/u; // oxlint-disable-line no-control-regex

/** The pieces of a text from outside, in order, with every deceiving character named instead of obeyed. */
export function visiblePieces(text: string): TextPiece[] {
  return text.split(DECEIVING).filter((piece) => piece !== '').map((piece) => DECEIVING.test(piece)
    ? { codePoint: `U+${Number(piece.codePointAt(0)).toString(16).toUpperCase().padStart(4, '0')}` }
    : { text: piece });
}
