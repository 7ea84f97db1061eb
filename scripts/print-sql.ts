// `pnpm sql:print`: writes docs/schema.sql and packages/task-queue/sql again, from a database that the migrations have
// just made on the PostgreSQL that the tests start.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makePool, migrate } from '../packages/database/src/index.ts';
import { withDatabase } from '../packages/testkit/src/global-setup.ts';
import { PATIENT } from '../packages/testkit/src/patient.ts';
import { startTestServer } from '../packages/testkit/src/server.ts';
import { PRINTED, printedSql } from '../packages/task-queue/test/printed-sql.ts';
import { schemaSql } from '../packages/testkit/test/schema-sql.ts';
import { ROOT } from '../packages/testkit/test/test-names.ts';

const NAME = `orchestra_print_sql_${process.pid}`;

const server = await startTestServer();
const pool = (connectionString: string) =>
  makePool({ connectionString, applicationName: 'print-sql', max: 1, ...PATIENT });
const admin = pool(server.url);
try {
  await admin.query(`create database ${NAME} template template0`);
  const url = withDatabase(server.url, NAME);
  await migrate(url);
  const db = pool(url);
  writeFileSync(join(ROOT, 'docs/schema.sql'), await schemaSql(db));
  const folder = join(ROOT, 'packages/task-queue/sql');
  mkdirSync(folder, { recursive: true });
  for (const printed of PRINTED) writeFileSync(join(folder, `${printed.name}.sql`), await printedSql(db, printed));
  await db.end();
} finally {
  await admin.query(`drop database if exists ${NAME} with (force)`);
  await admin.end();
  await server.stop();
}
