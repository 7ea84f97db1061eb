/** Cut where it is too long, and without what the database cannot keep: NUL and lone surrogates. */
export function shortText(text: string, charsMax: number): string {
  const short = text.length <= charsMax ? text : `${text.slice(0, charsMax - 1)}…`;
  return short.replaceAll('\0', '\uFFFD').toWellFormed();
}
