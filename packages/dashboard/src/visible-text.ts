/** A piece of text as written, or a character that is invisible and can make text read as something else. */
export type TextPiece = { readonly text: string } | { readonly codePoint: string };

// Marks, embeddings, overrides and isolates that turn the reading direction, and characters without any width. The
// joiners U+200C and U+200D are not among them: scripts and emoji need those.
const DECEIVING = /([\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u2064\u2066-\u206F\uFEFF])/u;

/** The pieces of a text from outside, in order, with every deceiving character named instead of obeyed. */
export function visiblePieces(text: string): TextPiece[] {
  return text.split(DECEIVING).filter((piece) => piece !== '').map((piece) => DECEIVING.test(piece)
    ? { codePoint: `U+${Number(piece.codePointAt(0)).toString(16).toUpperCase().padStart(4, '0')}` }
    : { text: piece });
}
