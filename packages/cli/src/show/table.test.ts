import { expect, test } from 'vitest';
import { table } from './table.ts';

interface Row {
  name: string;
  count: number | null;
  why: string;
}

const columns = [
  { head: 'NAME', cell: (row: Row) => row.name },
  { head: 'COUNT', cell: (row: Row) => row.count, align: 'right' as const },
  { head: 'WHY', cell: (row: Row) => row.why },
];

test('columns stand under their heads, wide characters counted as wide, nothing as a dash', () => {
  expect(
    table(
      [
        { name: '懐疑', count: 12, why: 'loop' },
        { name: 'scribe', count: null, why: '' },
      ],
      columns,
      Infinity,
    ).split('\n'),
  ).toEqual(['NAME    COUNT  WHY', '懐疑       12  loop', 'scribe      –']);
});

test('a cell stays one line and cannot change the terminal', () => {
  expect(table([{ name: 'a\nb', count: 1, why: '\u001b[2J' }], columns, Infinity).split('\n')).toEqual([
    'NAME  COUNT  WHY',
    'a\\nb      1  \\x1b[2J',
  ]);
});

test('on a terminal the last column is cut to what fits', () => {
  const [, row] = table([{ name: 'a', count: 1, why: '懐疑論者 goes on and on' }], columns, 30).split('\n');
  expect(row).toBe('a         1  懐疑論者 goes on…');
});

test('a row is one line on a terminal: the longest cells are cut first, and ids, numbers and heads never', () => {
  const rows = [
    {
      id: '1234567890123456789',
      label: 'a-very-long-label-that-goes-on',
      why: 'the vendor answered 503 and went on doing so for an hour',
      count: 12_345,
    },
  ];
  const shown = table(
    rows,
    [
      { head: 'ID', cell: (row) => row.id, whole: true },
      { head: 'LABEL', cell: (row) => row.label },
      { head: 'COUNT', cell: (row) => row.count, align: 'right' },
      { head: 'WHY', cell: (row) => row.why },
    ],
    60,
  ).split('\n');
  expect(shown.map((line) => line.length)).toEqual([expect.any(Number), 60]);
  expect(shown[1]).toMatch(/^1234567890123456789  a-very-\S*… +12345  the vendor.*…$/);
});

test('where a row does not fit, cells are said shorter before they are cut, and what is looked for first is cut last', () => {
  const rows = [{ scope: 'agent skeptic-of-the-north', since: '53m 13s ago (2026-11-30 23:39:53Z)', why: 'loop' }];
  const shown = (width: number): string | undefined =>
    table(
      rows,
      [
        { head: 'SCOPE', cell: (row) => row.scope, least: 20 },
        { head: 'SINCE', cell: (row) => row.since, short: () => '53m ago' },
        { head: 'WHY', cell: (row) => row.why },
      ],
      width,
    ).split('\n')[1];
  expect(shown(80)).toBe('agent skeptic-of-the-north  53m 13s ago (2026-11-30 23:39:53Z)  loop');
  expect(shown(45)).toBe('agent skeptic-of-the-north  53m ago  loop');
  expect(shown(35)).toBe('agent skeptic-of-th…  53m ago  loop');
});
