// Longer ones are no links that a person wrote; the bound keeps a hostile file from being read over and over.
const LENGTH_MAX = 2_000;
const NESTED_MAX = 32;
const IN_ANGLES = /\([ \t]*\n?[ \t]*<((?:[^<>\\\n]|\\[^\n]){0,2000})>/y;
const PLAIN_START = /\([ \t]*\n?[ \t>]*/y;
const END =
  /[ \t]*(?:\n[ \t>]*)?(?:"(?:[^"\\]|\\[\s\S]){0,2000}"|'(?:[^'\\]|\\[\s\S]){0,2000}'|\((?:[^()\\]|\\[\s\S]){0,2000}\))?[ \t]*(?:\n[ \t>]*)?\)/y;

/** What stands in the round brackets of `[text](…)`, where `from` is the opening one; undefined: that is no link. */
export function readDestination(text: string, from: number): { target: string; end: number } | undefined {
  const angles = matchAt(IN_ANGLES, text, from);
  const raw = angles === undefined ? plain(text, from) : { target: angles[1] ?? '', end: from + angles[0].length };
  if (raw === undefined) return undefined;
  const close = matchAt(END, text, raw.end);
  if (close === undefined) return undefined;
  return { target: unescaped(raw.target), end: raw.end + close[0].length };
}

/** Up to a blank or the bracket that closes the link; brackets inside come in pairs. */
function plain(text: string, from: number): { target: string; end: number } | undefined {
  const start = from + (matchAt(PLAIN_START, text, from)?.[0].length ?? 1);
  let depth = 0;
  let at = start;
  for (; at < text.length && at - start <= LENGTH_MAX; at++) {
    const character = text.charAt(at);
    if (character === '\\') at += 1;
    else if (character === '(') {
      if (++depth > NESTED_MAX) return undefined;
    } else if (character === ')' && depth-- === 0) break;
    else if (/\s/.test(character)) break;
  }
  return at - start > LENGTH_MAX ? undefined : { target: text.slice(start, at), end: at };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

/** Markdown's backslashes and the common entities, taken back. */
export function unescaped(target: string): string {
  return target
    .replaceAll(/\\([!-/:-@[-`{-~])/g, '$1')
    .replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? entity);
}
