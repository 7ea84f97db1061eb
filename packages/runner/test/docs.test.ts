import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { OUTCOME_TABLE, OutcomeRowsError, extendedTable } from '../src/index.ts';
import { tableAsMarkdown } from '../src/outcome/table-as-markdown.ts';

const docs = await readFile(new URL('../../../docs/runners.md', import.meta.url), 'utf8');

test('docs/runners.md prints the outcome table as it is', () => {
  const printed = docs.split('<!-- outcome table -->\n')[1]?.split('\n<!-- end of outcome table -->')[0];
  expect(printed).toBe(tableAsMarkdown(OUTCOME_TABLE));
});

test('the example of a project\'s own rows in docs/runners.md is one', () => {
  const example = /```yaml\n(outcomes:\n[^]*?)```/.exec(docs)?.[1] ?? '';
  expect(() => extendedTable('outcomes: [{}]')).toThrow(OutcomeRowsError);
  expect(extendedTable(example).length).toBeGreaterThan(OUTCOME_TABLE.length);
});
