import { styleText } from 'node:util';
import Table from 'cli-table3';
import stringWidth from 'string-width';
import { visibleText } from './visible-text.ts';

export interface Column<Row> {
  head: string;
  /** null and undefined are shown as a dash. */
  cell: (row: Row) => string | number | null | undefined;
  align?: 'left' | 'right';
}

const NO_LINES = Object.fromEntries([
  'top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right',
  'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle',
].map((name) => [name, '']));
const GAP = 2;
const CUT_MIN = 12;

/**
 * Rows for people: no lines, wide characters counted as wide, control characters made visible. On a terminal the last
 * column is cut to what fits; anywhere else it is whole.
 *
 * @param width of the terminal, in columns
 */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width = terminalWidth()): string {
  const cells = rows.map((row) => columns.map((column) => visibleText(String(column.cell(row) ?? '–'))));
  fitLast(cells, columns.map((column) => column.head), width);
  const drawn = new Table({
    head: columns.map((column) => styleText('bold', column.head, { stream: process.stdout })),
    colAligns: columns.map((column) => column.align ?? 'left'),
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP, compact: true },
  });
  drawn.push(...cells);
  return drawn.toString().split('\n').map((line) => line.trimEnd()).join('\n');
}

function terminalWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns : Infinity;
}

function fitLast(cells: string[][], heads: string[], width: number): void {
  const last = heads.length - 1;
  const before = heads.slice(0, last).map((head, column) => Math.max(stringWidth(head), ...cells.map((row) => stringWidth(row[column] ?? ''))) + GAP);
  const room = Math.max(CUT_MIN, width - before.reduce((sum, taken) => sum + taken, 0));
  for (const row of cells) row[last] = cut(row[last] ?? '', room);
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
