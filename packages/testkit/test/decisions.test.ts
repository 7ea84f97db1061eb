import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

// A decision is spoken of by its number, in the code and in other pages.
const FOLDER = join(import.meta.dirname, '../../../docs/decisions');
const pages = readdirSync(FOLDER)
  .filter((name) => name !== 'README.md')
  .toSorted();
const index = [...readFileSync(join(FOLDER, 'README.md'), 'utf8').matchAll(/^\| \[(\d+)\]\(([^)]+)\) \| .+ \|$/gm)].map(
  ([, number = '', file = '']) => ({ number, file }),
);

test('every decision has a number of its own, which its name and its heading begin with', () => {
  expect(pages.filter((name) => !/^\d{4}-[a-z0-9-]+\.md$/.test(name))).toEqual([]);
  const numbers = pages.map((name) => name.slice(0, 4));
  expect(numbers.filter((number, at) => numbers.indexOf(number) !== at)).toEqual([]);
  expect(
    pages.filter(
      (name) => !new RegExp(`^# (?:Decision )?${name.slice(0, 4)}\\b`).test(readFileSync(join(FOLDER, name), 'utf8')),
    ),
  ).toEqual([]);
});

test('the index lists every decision once, in the order of their numbers', () => {
  expect(index.map(({ file }) => file)).toEqual(pages);
  expect(index.filter(({ number, file }) => !file.startsWith(`${number}-`))).toEqual([]);
});
