import type { VNode } from 'preact';
import { visiblePieces } from '../text/visible-text.ts';

/** Text from outside, as text and nothing else, with its deceiving characters named. */
export function Prose({ text }: { text: string }): VNode {
  return (
    <bdi>
      {visiblePieces(text).map((piece) =>
        'text' in piece ? piece.text : <span class="code-point">{piece.codePoint}</span>,
      )}
    </bdi>
  );
}
