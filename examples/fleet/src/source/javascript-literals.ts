const TEMPLATE_PART = /[^`\\$]*(?:(?:\\[\s\S]|\$(?!\{))[^`\\$]*)*(?:`|\$\{|$)/y;
const REGULAR_EXPRESSION = /\/(?:[^/\\[\n]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n]){0,500}\]){1,1000}\/[a-z]*/y;
// Behind these a slash begins an expression; behind any other word, a number or a closing bracket it divides, and
// behind < it closes an element.
const BEFORE_EXPRESSION = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'delete',
  'void',
  'throw',
  'new',
  'do',
  'else',
  'yield',
  'await',
]);
const LOOK_BACK_CHARS = 100;

/** Where the text of a template ends that goes on at `from`; `code`: with a `${`. */
export function endOfTemplatePart(source: string, from: number): { end: number; code: boolean } {
  TEMPLATE_PART.lastIndex = from;
  const [part] = TEMPLATE_PART.exec(source) ?? [''];
  return { end: from + part.length, code: part.endsWith('${') };
}

/** Where the regular expression ends that begins with the slash at `from`; undefined: that slash is none of one. */
export function endOfRegularExpression(source: string, from: number): number | undefined {
  const before = source.slice(Math.max(0, from - LOOK_BACK_CHARS), from).trimEnd();
  const word = /[\w$]+$/.exec(before)?.[0];
  if (word !== undefined ? !BEFORE_EXPRESSION.has(word) : /[)\]}"'`<]$/.test(before)) return undefined;
  REGULAR_EXPRESSION.lastIndex = from;
  return REGULAR_EXPRESSION.test(source) ? REGULAR_EXPRESSION.lastIndex : undefined;
}
