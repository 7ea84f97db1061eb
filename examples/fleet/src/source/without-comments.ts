import type { CommentSyntax } from './comment-syntax.ts';
import { findComments } from './find-comments.ts';

/** The same text with its comments turned to blanks; everything else stays where it is. */
export function withoutComments(source: string, syntax: CommentSyntax): string {
  const kept: string[] = [];
  let behind = 0;
  for (const { from, end } of findComments(source, syntax)) {
    kept.push(source.slice(behind, from), source.slice(from, end).replaceAll(/[^\n]/g, ' '));
    behind = end;
  }
  return kept.join('') + source.slice(behind);
}
