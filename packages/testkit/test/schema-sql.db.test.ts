import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { schemaSql } from './schema-sql.ts';
import { ROOT } from './test-names.ts';

const db = testDatabase();

// Before 18 the server writes views and checks in other words.
const OLDEST_OF_ITS_WORDS = 180_000;

test('docs/schema.sql is the schema that the migrations make', async ({ skip }) => {
  const { rows } = await db.pool.query<{ version: number }>(
    "select current_setting('server_version_num')::int as version",
  );
  if ((rows[0]?.version ?? 0) < OLDEST_OF_ITS_WORDS) skip('written by PostgreSQL 18');
  const kept = readFileSync(join(ROOT, 'docs/schema.sql'), 'utf8');
  expect((await schemaSql(db.pool)) === kept, '`npx pnpm sql:print` writes it again').toBe(true);
});
