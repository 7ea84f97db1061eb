import { styleText } from 'node:util';
import Table from 'cli-table3';
import stringWidth from 'string-width';
import { visibleText } from './visible-text.ts';

export interface Column<Row> {
  head: string;
  /** null and undefined are shown as a dash. */
  cell: (row: Row) => string | number | null | undefined;
  /** The same in fewer words, for a terminal on which a row does not fit one line. */
  short?: (row: Row) => string | number | null | undefined;
  align?: 'left' | 'right';
  /** Never cut: an id that is cut, or that the terminal breaks, cannot be copied. Numbers never are either. */
  whole?: boolean;
  /** At least this many columns of a cell remain: what a reader looks for first is cut last. */
  least?: number;
}

const NO_LINES = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
    'middle',
  ].map((name) => [name, '']),
);
const GAP = 2;
// So much of a cell is left at the least.
const CUT_MIN = 5;

/**
 * Rows for people: no lines, wide characters counted as wide, control characters made visible. On a terminal cells are
 * cut so that a row is one line, the longest first; anywhere else everything is whole.
 *
 * @param width of the terminal, in columns
 */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width = terminalWidth()): string {
  const cellsOf = (isShort: boolean): string[][] =>
    rows.map((row) =>
      columns.map(({ cell, short }) => visibleText(String((isShort && short ? short : cell)(row) ?? '–'))),
    );
  const whole = cellsOf(false);
  const cells = rowWidth(widthsOf(whole, columns)) > width ? cellsOf(true) : whole;
  fit(cells, columns, width);
  const drawn = new Table({
    head: columns.map((column) => styleText('bold', column.head, { stream: process.stdout })),
    colAligns: columns.map((column) => column.align ?? 'left'),
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP, compact: true },
  });
  drawn.push(...cells);
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Of the terminal, in columns; Infinity where there is none. */
export function terminalWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns : Infinity;
}

const widthsOf = (cells: readonly string[][], columns: readonly { head: string }[]): number[] =>
  columns.map(({ head }, index) => Math.max(stringWidth(head), ...cells.map((row) => stringWidth(row[index] ?? ''))));

const rowWidth = (widths: readonly number[]): number =>
  widths.reduce((sum, taken) => sum + taken, 0) + GAP * (widths.length - 1);

function fit(
  cells: string[][],
  columns: readonly Pick<Column<unknown>, 'head' | 'align' | 'whole' | 'least'>[],
  width: number,
): void {
  if (width === Infinity) return;
  const widths = widthsOf(cells, columns);
  const least = columns.map(({ head, align, whole, least: atLeast = CUT_MIN }, index) =>
    whole === true || align === 'right' ? (widths[index] ?? 0) : Math.max(stringWidth(head), atLeast),
  );
  let over = rowWidth(widths) - width;
  while (over > 0) {
    const longest = widths.reduce(
      (found, taken, index) =>
        taken > (least[index] ?? 0) && (found === -1 || taken > (widths[found] ?? 0)) ? index : found,
      -1,
    );
    if (longest === -1) return; // as narrow as it can be
    widths[longest] = (widths[longest] ?? 0) - 1;
    over -= 1;
  }
  for (const row of cells) for (const [index, cell] of row.entries()) row[index] = cut(cell, widths[index] ?? Infinity);
}

function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  for (const character of text) {
    if (stringWidth(kept + character) >= width) break;
    kept += character;
  }
  return `${kept}…`;
}
