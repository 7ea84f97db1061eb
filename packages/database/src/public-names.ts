import type pg from 'pg';
import { OUR_VIEW } from './existing-alerts.ts';
import { quoteName, type Home } from './home-schema.ts';

/** What other systems read and write in SQL. */
const NAMES = ['senate_pause', 'senate_alerts', 'active_pauses'];

/**
 * Lets other systems, whose search_path finds `public`, reach these by their plain names: each is a view of the table
 * in Orchestra's schema, through which it can be written. Made once, with the tables, where the name is free and the
 * role may; a view that somebody has dropped does not come back. Later the views get the columns that migrations have
 * brought.
 *
 * @param isNew Orchestra's tables have just been made
 */
export async function publishNames(
  client: Pick<pg.ClientBase, 'query'>,
  { schema, alertsSchema }: Home,
  isNew: boolean,
): Promise<void> {
  if (schema === 'public') return;
  for (const name of NAMES) {
    if (name === 'senate_alerts' && alertsSchema !== null) continue; // the other system has it where it is
    const {
      rows: [taken],
    } = await client.query<{ ours: boolean; mine: boolean }>(
      `select obj_description(c.oid, 'pg_class') = $2 as ours, pg_has_role(c.relowner, 'usage') as mine
         from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relname = $1`,
      [name, commentOn(schema)],
    );
    if (taken === undefined ? !isNew || !(await mayCreate(client)) : !(taken.ours && taken.mine)) continue;
    await client.query(`create or replace view public.${name} as select * from ${quoteName(schema)}.${name}`);
    const {
      rows: [row],
    } = await client.query<{ comment: string }>('select quote_literal($1::text) as comment', [commentOn(schema)]);
    await client.query(`comment on view public.${name} is ${row?.comment ?? 'null'}`);
  }
}

function commentOn(schema: string): string {
  return `${OUR_VIEW} the one of the schema ${schema}, by its plain name`;
}

async function mayCreate(client: Pick<pg.ClientBase, 'query'>): Promise<boolean> {
  const {
    rows: [row],
  } = await client.query<{ may: boolean }>(
    `select exists (select
                      from pg_namespace n
                     where n.nspname = 'public'
                       and has_schema_privilege(n.oid, 'create')) as may`,
  );
  return row?.may === true;
}
