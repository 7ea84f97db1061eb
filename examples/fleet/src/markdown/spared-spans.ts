/** From (inclusive), to (exclusive). */
export type Span = readonly [from: number, to: number];

const MARK = /\\[^\n]|<!--|`+/g;

/** Where inline code and HTML comments are, in order: nothing in them is a link. */
export function sparedSpans(prose: string): Span[] {
  const closing = closingBackticks(prose);
  const spans: Span[] = [];
  MARK.lastIndex = 0;
  for (let match = MARK.exec(prose); match !== null; match = MARK.exec(prose)) {
    const end = match[0] === '<!--' ? commentEnd(prose, match.index) : closing.get(match.index);
    if (end === undefined) continue;
    spans.push([match.index, end]);
    MARK.lastIndex = end;
  }
  return spans;
}

function commentEnd(prose: string, from: number): number {
  const end = prose.indexOf('-->', from + 4);
  return end === -1 ? prose.length : end + 3;
}

/**
 * For each run of backticks, where the code that it opens ends: behind the next run of the same length in the same
 * paragraph. Made in one walk backward; a search from every run would take forever on a file full of backticks.
 */
function closingBackticks(prose: string): Map<number, number> {
  const runs = [...prose.matchAll(/`+|\n[ \t>]*\r?(?=\n)/g)];
  const ends = new Map<number, number>();
  let nextOfLength = new Map<number, number>();
  for (const run of runs.toReversed()) {
    if (!run[0].startsWith('`')) {
      nextOfLength = new Map();
      continue;
    }
    const end = nextOfLength.get(run[0].length);
    if (end !== undefined) ends.set(run.index, end);
    nextOfLength.set(run[0].length, run.index + run[0].length);
  }
  return ends;
}
