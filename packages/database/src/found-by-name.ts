import type pg from 'pg';
import { quoteName, type Home } from './home-schema.ts';

// Of other systems, or views of ours by the names that these expect.
const SHARED_NAMES = ['senate_pause', 'senate_alerts', 'active_pauses'];

/**
 * Lets people at psql, and scripts of theirs, find Orchestra's tables by their plain names, in a database that
 * Orchestra has to itself: its schema comes last in the search_path that new sessions begin with. Nothing of Orchestra
 * depends on that. Beside the tables of an application nothing is set, so that none of its names can mean something
 * else; nor where somebody has set a search_path for the database or the role.
 *
 * @param home its tables have just been made
 */
export async function findByName(client: Pick<pg.ClientBase, 'query'>, { schema }: Home): Promise<void> {
  if (schema === 'public') return;
  const {
    rows: [database],
  } = await client.query<{ name: string; isOwner: boolean; isSet: boolean; isShared: boolean }>(
    `select d.datname as name,
            pg_has_role(d.datdba, 'usage') as "isOwner",
            exists (select from pg_db_role_setting s cross join unnest(s.setconfig) as c(setting)
                     where s.setdatabase in (0, d.oid)
                       and s.setrole in (0, (select r.oid from pg_roles r where r.rolname = current_user))
                       and c.setting like 'search_path=%') as "isSet",
            exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                     where c.relkind in ('r', 'p', 'v', 'm', 'f')
                       and n.nspname not in ($1, 'pg_catalog', 'information_schema')
                       and n.nspname not like 'pg\\_toast%' and n.nspname not like 'pg\\_temp%'
                       and not (n.nspname = 'public' and c.relname = any ($2))) as "isShared"
       from pg_database d where d.datname = current_database()`,
    [schema, SHARED_NAMES],
  );
  if (database === undefined || database.isSet || database.isShared) return;
  const path = `"$user", public, ${quoteName(schema)}`;
  // The database's owner sets the path for everybody; another role for itself.
  if (database.isOwner) await client.query(`alter database ${quoteName(database.name)} set search_path = ${path}`);
  else await client.query(`alter role current_user in database ${quoteName(database.name)} set search_path = ${path}`);
}
