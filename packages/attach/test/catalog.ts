import type { Database } from '@orchestra/database';

/**
 * Everything in the catalog that an attachment touches, and every object of the user's schemas by name.
 *
 * @param options.withOurs false: of a database without Orchestra's tables
 */
export async function catalogOf(db: Database, { withOurs = true }: { withOurs?: boolean } = {}): Promise<unknown[]> {
  const { rows } = await db.query(`
    select 'class' as kind, n.nspname || '.' || c.relname as name,
           concat_ws(' ', c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.relacl::text, c.relowner) as facts
      from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname !~ '^(pg_|information_schema)'
    union all
    select 'policy', p.polrelid::regclass::text || '.' || p.polname,
           concat_ws(' ', p.polcmd::text, p.polpermissive, p.polroles, pg_get_expr(p.polqual, p.polrelid))
      from pg_policy p
    union all
    select 'trigger', t.tgrelid::regclass::text || '.' || t.tgname, pg_get_triggerdef(t.oid) || t.tgenabled::text
      from pg_trigger t
     where not t.tgisinternal
    union all
    select 'event trigger', e.evtname, e.evtevent::text from pg_event_trigger e
    union all
    select 'function', p.oid::regprocedure::text, md5(p.prosrc) || coalesce(p.proacl::text, '')
      from pg_proc p
      join pg_namespace n on n.oid = p.pronamespace
     where n.nspname !~ '^(pg_|information_schema)'
    union all
    select 'schema', n.nspname, n.nspacl::text from pg_namespace n where n.nspname !~ '^pg_'
    ${
      withOurs
        ? `union all
    select 'attachment', a.name, a.queue::text from attachments a
    union all
    select 'attached table', t.table_name, t.attachment from attached_tables t`
        : ''
    }
    order by 1, 2`);
  return rows;
}
