export const COMMENT_KINDS = ['TODO', 'FIXME', 'XXX', 'HACK'] as const;
export type CommentKind = (typeof COMMENT_KINDS)[number];

export interface Marked {
  kind: CommentKind;
  /** Position of the word in the comment. */
  at: number;
  /** What it says behind the word, to the end of its line. */
  text: string;
  /** The name in `TODO(name)`. */
  owner: string | undefined;
}

// First in the comment, or on any of its lines behind their decoration; elsewhere only as "TODO:" or "TODO(name)". A
// sentence that speaks of TODO comments is no such comment.
const FIRST = /^[\s*#;%!/<>@=-]*(TODO|FIXME|XXX|HACK)(?![\p{L}\p{N}_])(?:\(([^()\n]{1,100})\))?/u;
const LATER = /(?<![\p{L}\p{N}_`'"])(TODO|FIXME|XXX|HACK)(?=[:(])(?:\(([^()\n]{1,100})\))?:?/u;

/** What a comment asks somebody to do: at most one thing on each of its lines. */
export function* classifyComment(comment: string): Generator<Marked> {
  let start = 0;
  for (const line of comment.split('\n')) {
    const match = FIRST.exec(line) ?? LATER.exec(line);
    const kind = COMMENT_KINDS.find((known) => known === match?.[1]);
    if (match !== null && kind !== undefined) {
      const text = line
        .slice(match.index + match[0].length)
        .replace(/^[\s:–—-]+/, '')
        .replace(/[\s*]+$/, '');
      yield { kind, at: start + match.index + match[0].indexOf(kind), text, owner: match[2] };
    }
    start += line.length + 1;
  }
}
