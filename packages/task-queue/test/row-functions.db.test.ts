import { testDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';

const db = testDatabase();

// Since the releases of November 2026 (15.20) the server refuses to add a column with a default to a table on whose row
// a function with a parsed body depends. Older servers do not, so this looks at the bodies.
test('no function keeps a table from getting another column', async () => {
  const { rows } = await db.pool.query(`
    select p.oid::regprocedure::text as function
      from pg_proc p where p.pronamespace = current_schema()::regnamespace and p.prosqlbody is not null
       and exists (select from pg_type t where t.oid = any (p.proargtypes || p.prorettype) and t.typtype = 'c')`);
  expect(rows).toEqual([]);
});

// Before PostgreSQL 18 what is not offered counts as enormous cost, and a server that can compile then does, for
// seconds.
test('no function that offers the planner less lets the server compile', async () => {
  const { rows } = await db.pool.query<{ function: string; settings: string[] }>(`
    select p.oid::regprocedure::text as function, p.proconfig as settings
      from pg_proc p where p.pronamespace = current_schema()::regnamespace
        and array_to_string(p.proconfig, ' ') like '%enable_%off%'`);
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.filter(({ settings }) => !settings.includes('jit=off'))).toEqual([]);
});
