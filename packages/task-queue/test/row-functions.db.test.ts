import { testDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';

const db = testDatabase();

// Since the releases of November 2026 (15.20) the server refuses to add a column with a default to a table on whose row a function with a parsed
// body depends. Older servers do not, so this looks at the bodies.
test('no function keeps a table from getting another column', async () => {
  const { rows } = await db.pool.query(`
    select p.oid::regprocedure::text as function
      from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prosqlbody is not null
       and exists (select from pg_type t where t.oid = any (p.proargtypes || p.prorettype) and t.typtype = 'c')`);
  expect(rows).toEqual([]);
});
