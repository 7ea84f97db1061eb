const FENCE = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})(.*)$/;
const LIST_ITEM = /^[ \t>]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)/;
const INDENTED = /^(?: {4}| {0,3}\t)/;

/**
 * The same text with its code blocks and its front matter turned to blanks, line for line and column for column, so
 * that what is found in the rest stands where it stood. Blocks are told by their look, as people write them: an
 * indented block under a list counts as the list's text.
 */
export function blankCode(text: string): string {
  const lines = text.split('\n');
  const front = frontMatterEnd(lines);
  let fence: { mark: string; length: number } | undefined;
  let inList = false;
  let inIndented = false;
  let blankBefore = true;
  return lines
    .map((raw, at) => {
      const line = raw.replace(/\r$/, '');
      if (at < front) return blank(raw);
      if (fence !== undefined) {
        if (closes(line, fence)) fence = undefined;
        blankBefore = false;
        return blank(raw);
      }
      if (line.trim() === '') {
        blankBefore = true;
        return raw;
      }
      inIndented = INDENTED.test(line) && !inList && (blankBefore || inIndented);
      if (inIndented) {
        blankBefore = false;
        return blank(raw);
      }
      const [, marks, info] = FENCE.exec(line) ?? [];
      if (marks !== undefined && !(marks.startsWith('`') && info?.includes('`'))) {
        fence = { mark: marks.charAt(0), length: marks.length };
        blankBefore = false;
        return blank(raw);
      }
      if (LIST_ITEM.test(line)) inList = true;
      else if (blankBefore && !/^[ \t]/.test(line)) inList = false;
      blankBefore = false;
      return raw;
    })
    .join('\n');
}

function closes(line: string, fence: { mark: string; length: number }): boolean {
  const marks = line.replace(/^[ \t>]*/, '').trimEnd();
  return marks.length >= fence.length && marks === fence.mark.repeat(marks.length);
}

/** How many lines at the top are YAML between two `---`. */
function frontMatterEnd(lines: readonly string[]): number {
  if (lines[0]?.trimEnd() !== '---') return 0;
  const end = lines.findIndex((line, at) => at > 0 && /^(?:---|\.\.\.)\s*$/.test(line));
  return end === -1 ? 0 : end + 1;
}

function blank(line: string): string {
  return line.replaceAll(/[^\r]/g, ' ');
}
