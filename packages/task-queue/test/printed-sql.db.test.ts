import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { PRINTED, printedSql } from './printed-sql.ts';

const FOLDER = join(import.meta.dirname, '../sql');
const db = testDatabase();

test.each(PRINTED)('the file of $name is the statement, and runs as it stands', async (printed) => {
  const kept = readFileSync(join(FOLDER, `${printed.name}.sql`), 'utf8');
  expect((await printedSql(db.pool, printed)) === kept, '`npx pnpm sql:print` writes it again').toBe(true);
  await db.pool.query(kept);
});

test('there is no file of a statement that is gone', () => {
  expect(readdirSync(FOLDER).toSorted()).toEqual(PRINTED.map(({ name }) => `${name}.sql`).toSorted());
});
