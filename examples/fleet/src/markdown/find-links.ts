import { lineCounter } from '../text-lines.ts';
import { blankCode } from './blank-code.ts';
import { readDestination, unescaped } from './destination.ts';
import { sparedSpans } from './spared-spans.ts';

export interface Link {
  /** From 1. */
  line: number;
  /** As it is meant: without escapes, not yet URL-decoded. */
  target: string;
}

// "[label]: <dest>" or "[label]: dest", alone on its line but for a title. Footnotes ("[^1]:") are none.
const DEFINITION =
  /^[ \t>]*\[(?!\^)(?:[^[\]\\\n]|\\.){1,999}\]:[ \t]*(?:\n[ \t]*)?(?:<([^<>\n]*)>|([^\s<]\S*))[ \t]*(?:"[^"\n]*"|'[^'\n]*'|\([^()\n]*\))?[ \t]*\r?$/gm;
const AUTOLINK = /<[A-Za-z][A-Za-z0-9+.-]{1,31}:[^<>\s]{1,2000}>/y;
const PARAGRAPH_END = /\n[ \t>]*\r?\n/y;

/** The targets of a Markdown text's inline links, images and reference definitions, in their order; code has none. */
export function findLinks(text: string): Link[] {
  const prose = blankCode(text);
  const spared = sparedSpans(prose);
  const found = [...definitions(prose, spared), ...inlineLinks(prose, spared)].sort((a, b) => a.at - b.at);
  const lineOf = lineCounter(prose);
  return found.map(({ at, target }) => ({ line: lineOf(at), target }));
}

interface Found {
  at: number;
  target: string;
}

function* definitions(prose: string, spared: readonly (readonly [number, number])[]): Generator<Found> {
  let next = 0;
  for (const match of prose.matchAll(DEFINITION)) {
    while ((spared[next]?.[1] ?? Infinity) <= match.index) next += 1;
    if ((spared[next]?.[0] ?? Infinity) > match.index)
      yield { at: match.index, target: unescaped(match[1] ?? match[2] ?? '') };
  }
}

function* inlineLinks(prose: string, spared: readonly (readonly [number, number])[]): Generator<Found> {
  let openBrackets = 0;
  let next = 0;
  for (let at = 0; at < prose.length; at++) {
    while ((spared[next]?.[1] ?? Infinity) <= at) next += 1;
    const span = spared[next];
    if (span !== undefined && span[0] <= at) {
      at = span[1] - 1;
      continue;
    }
    switch (prose.charAt(at)) {
      case '\\':
        at += 1;
        break;
      case '<':
        at = endOf(AUTOLINK, prose, at);
        break;
      case '[':
        openBrackets += 1;
        break;
      case '\n':
        if (endOf(PARAGRAPH_END, prose, at) !== at) openBrackets = 0;
        break; // no link spans two paragraphs
      case ']': {
        if (openBrackets === 0) break;
        openBrackets -= 1;
        const destination = prose[at + 1] === '(' ? readDestination(prose, at + 1) : undefined;
        if (destination === undefined) break;
        yield { at, target: destination.target };
        at = destination.end - 1;
      }
    }
  }
}

/** The last position of what matches at `at`; `at` itself where nothing does. */
function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex - 1 : at;
}
