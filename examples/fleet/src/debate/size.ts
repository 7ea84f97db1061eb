import { commentSyntaxOf } from '../source/comment-syntax.ts';
import { withoutComments } from '../source/without-comments.ts';
import type { Measure } from './judge.ts';

const DECISION =
  /\b(?:if|elif|elsif|for|foreach|while|until|case|when|catch|except|rescue|match)\b|&&|\|\||\?\?|\?(?=\s)/g;

/** How big and how tangled a text is by itself. */
export function measureSize(path: string, text: string): Measure[] {
  const syntax = commentSyntaxOf(path);
  const code = (syntax === undefined ? text : withoutComments(text, syntax))
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
  const decisions = code.reduce((sum, line) => sum + (line.match(DECISION)?.length ?? 0), 0);
  return [
    { name: 'lines_of_code', value: code.length, limit: 300 },
    { name: 'longest_line', value: code.reduce((longest, line) => Math.max(longest, line.length), 0), limit: 160 },
    { name: 'deepest_indent', value: deepestIndent(code), limit: 6 },
    { name: 'decisions', value: decisions, limit: 60 },
  ];
}

/** In steps of the file's own smallest indent. */
function deepestIndent(lines: readonly string[]): number {
  const widths = lines
    .map((line) => /^[ \t]*/.exec(line)?.[0].replaceAll('\t', '    ').length ?? 0)
    .filter((width) => width > 1);
  const step = widths.reduce((smallest, width) => Math.min(smallest, width), 8);
  return Math.round(widths.reduce((deepest, width) => Math.max(deepest, width), 0) / step);
}
