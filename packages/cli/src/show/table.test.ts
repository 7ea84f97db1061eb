import { expect, test } from 'vitest';
import { table } from './table.ts';

interface Row { name: string; count: number | null; why: string }

const columns = [
  { head: 'NAME', cell: (row: Row) => row.name },
  { head: 'COUNT', cell: (row: Row) => row.count, align: 'right' as const },
  { head: 'WHY', cell: (row: Row) => row.why },
];

test('columns stand under their heads, wide characters counted as wide, nothing as a dash', () => {
  expect(table([{ name: '懐疑', count: 12, why: 'loop' }, { name: 'scribe', count: null, why: '' }], columns, Infinity).split('\n')).toEqual([
    'NAME    COUNT  WHY',
    '懐疑       12  loop',
    'scribe      –',
  ]);
});

test('a cell stays one line and cannot change the terminal', () => {
  expect(table([{ name: 'a\nb', count: 1, why: '\u001b[2J' }], columns, Infinity).split('\n')).toEqual(['NAME  COUNT  WHY', 'a\\nb      1  \\x1b[2J']);
});

test('on a terminal the last column is cut to what fits', () => {
  const [, row] = table([{ name: 'a', count: 1, why: '懐疑論者 goes on and on' }], columns, 30).split('\n');
  expect(row).toBe('a         1  懐疑論者 goes on…');
});
