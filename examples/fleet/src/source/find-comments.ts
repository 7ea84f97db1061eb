import type { CommentSyntax } from './comment-syntax.ts';
import { endOfRegularExpression, endOfTemplatePart } from './javascript-literals.ts';

export interface Comment {
  /** Where its mark begins. */
  from: number;
  /** Where its text begins, behind the mark. */
  at: number;
  text: string;
  /** Behind the closing mark; for a line comment, the line's end. */
  end: number;
}

/** The comments of a source text, in order. What looks like one inside a string is none. */
export function* findComments(source: string, syntax: CommentSyntax): Generator<Comment> {
  const marks = marksOf(syntax);
  // For each template whose `${` is open: how many `{` are open inside it.
  const templates: number[] = [];
  let at = 0;
  for (let match = next(marks, source, at); match !== null; match = next(marks, source, at)) {
    const [mark] = match;
    const from = match.index;
    at = from + mark.length;
    const block = syntax.block.find(([open]) => open === mark);
    if (block !== undefined) {
      const close = source.indexOf(block[1], at);
      const end = close === -1 ? source.length : close + block[1].length;
      yield { from, at, text: source.slice(at, close === -1 ? source.length : close), end };
      at = end;
    } else if (syntax.line.includes(mark)) {
      if (syntax.atWordStart && from > 0 && !/\s/.test(source.charAt(from - 1))) continue;
      const newline = source.indexOf('\n', at);
      const end = newline === -1 ? source.length : newline;
      yield { from, at, text: source.slice(at, end), end };
      at = end;
    } else if (mark === '`' && syntax.javascript) {
      at = template(source, at, templates);
    } else if (mark === '{') {
      if (templates.length > 0) templates.push((templates.pop() ?? 0) + 1);
    } else if (mark === '}') {
      const depth = templates.pop();
      if (depth === 0) at = template(source, at, templates);
      else if (depth !== undefined) templates.push(depth - 1);
    } else if (mark === '/') {
      at = endOfRegularExpression(source, from) ?? at;
    } else {
      at = endOfString(source, from, syntax) ?? at;
    }
  }
}

/** Every place where something may begin, longest mark first; a backslash takes the next character with it. */
function marksOf(syntax: CommentSyntax): RegExp {
  const words = [
    ...syntax.block.map(([open]) => open),
    ...syntax.line,
    ...(syntax.javascript ? ['`', '{', '}', '/'] : []),
  ];
  const escaped = words.toSorted((a, b) => b.length - a.length).map((word) => word.replaceAll(/[^\w\s]/g, '\\$&'));
  return new RegExp([...escaped, ...(syntax.strings.length > 0 ? ['\\\\[\\s\\S]', '["\'`]'] : [])].join('|'), 'g');
}

function next(marks: RegExp, source: string, at: number): RegExpExecArray | null {
  marks.lastIndex = at;
  return marks.exec(source);
}

function endOfString(source: string, from: number, syntax: CommentSyntax): number | undefined {
  for (const string of syntax.strings) {
    string.lastIndex = from;
    if (string.test(source)) return string.lastIndex;
  }
  return undefined;
}

/** Goes on behind a template's text: either the template is over, or a `${` has begun, which is noted. */
function template(source: string, from: number, templates: number[]): number {
  const part = endOfTemplatePart(source, from);
  if (part.code) templates.push(0);
  return part.end;
}
