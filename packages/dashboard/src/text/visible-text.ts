import { DECEIVING } from '@orchestra/pause-core/visible-text';

/** A piece of text as written, or a character that is invisible and can make text read as something else. */
export type TextPiece = { readonly text: string } | { readonly codePoint: string };

// With the controls that a page shows as nothing; tab and line ends are not among those.
const NAMED = new RegExp(String.raw`([^\P{Cc}\t\n\r]|[${DECEIVING}])`, 'u');

/** The pieces of a text from outside, in order, with every deceiving character named instead of obeyed. */
export function visiblePieces(text: string): TextPiece[] {
  return text
    .split(NAMED)
    .filter((piece) => piece !== '')
    .map((piece) =>
      NAMED.test(piece)
        ? { codePoint: `U+${Number(piece.codePointAt(0)).toString(16).toUpperCase().padStart(4, '0')}` }
        : { text: piece },
    );
}
