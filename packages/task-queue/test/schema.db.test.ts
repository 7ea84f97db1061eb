import * as senate from '@orchestra/pause-core/schema';
import { testDatabase } from '@orchestra/testkit';
import { getTableColumns, getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import { expect, test } from 'vitest';
import * as queue from '../src/schema.ts';

const db = testDatabase();

interface ColumnRow {
  table_name: string;
  column_name: string;
  data_type: string;
  is_nullable: 'YES' | 'NO';
}

test('the drizzle schema and the migrated database have the same tables and columns, types and nullability', async () => {
  const { rows } = await db.pool.query<ColumnRow>(
    `select c.table_name, c.column_name, c.data_type, c.is_nullable
       from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
      where c.table_schema = current_schema() and t.table_type = 'BASE TABLE'
        and c.table_name not in ('claim_marker', 'orchestra_migrations')`,
  );
  const inDatabase = rows.map(
    (row) => `${row.table_name}.${row.column_name} ${row.data_type}${row.is_nullable === 'NO' ? ' not null' : ''}`,
  );
  const inCode = Object.values({ ...senate, ...queue })
    .filter((table) => is(table, PgTable))
    .flatMap((table) =>
      Object.values(getTableColumns(table)).map(
        (column) =>
          `${getTableName(table)}.${column.name} ${nameInSql(column.getSQLType())}${column.notNull ? ' not null' : ''}`,
      ),
    );
  expect(inCode.toSorted()).toEqual(inDatabase.toSorted());
});

function nameInSql(type: string): string {
  if (type.endsWith('[]')) return 'ARRAY';
  return type === 'bigserial' ? 'bigint' : type;
}
