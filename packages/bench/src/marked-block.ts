export const BEGIN = '<!-- bench:begin, written by `pnpm bench` -->';
export const END = '<!-- bench:end -->';

/**
 * The same text with another block between the markers. @throws Error where they are not there exactly once, in order
 */
export function withMarkedBlock(text: string, block: string): string {
  const parts = text.split(BEGIN);
  const [before, rest] = parts;
  const [, after, ...more] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined || more.length > 0 || parts.length !== 2) {
    throw new Error(`the text needs one line ${BEGIN} and after it one line ${END}`);
  }
  return `${before}${BEGIN}\n\n${block.trim()}\n\n${END}${after}`;
}
