import type pg from 'pg';
import { columnProblem, type AlertsColumn } from './alerts-column.ts';

/** A `senate_alerts` that Orchestra cannot work with. The message names relation and column, and says what to do. */
export class ExistingAlertsError extends Error {
  override readonly name = 'ExistingAlertsError';
}

type Asks = Pick<pg.Pool, 'query'>;

interface Relation {
  oid: string;
  name: string;
  schema: string;
  kind: string;
  is_partition: boolean;
  has_children: boolean;
  is_ours: boolean;
  owner: string;
}

const KINDS: Readonly<Record<string, string>> = {
  v: 'a view',
  m: 'a materialized view',
  f: 'a foreign table',
  p: 'a partitioned table',
  S: 'a sequence',
  i: 'an index',
  I: 'an index',
  c: 'a composite type',
  t: 'a TOAST table',
};
const INSTEAD =
  'rename it: Orchestra then makes a table of its own, to which the other system sends alerts by POST ' +
  '/api/senate/alerts or by SQL';

/** How the comment of a view begins that gives a table of Orchestra a name in `public`. */
export const OUR_VIEW = 'Orchestra:';

// What migrations make on the table, and whose names have to be free.
const INDEXES = [
  'senate_alerts_critical',
  'senate_alerts_critical_recent',
  'senate_alerts_runaway_run',
  'senate_alerts_source_key',
  'senate_alerts_behind',
];
const CONSTRAINTS = ['senate_alerts_severity'];
/** Columns that migrations add: one of the same name means something else. */
const ADDED_COLUMNS = ['fed_pause', 'source_key', 'noted_at', 'source_resolved_at'];

/**
 * What keeps Orchestra from working with the `senate_alerts` that it uses: the kind of relation, and
 * the types of the columns. Reads only.
 *
 * @returns in words, each with what to do; empty: nothing, also where there is no such relation
 */
export async function alertsShapeProblems(db: Asks): Promise<string[]> {
  const {
    rows: [path],
  } = await db.query<{ schemas: string[] }>('select current_schemas(false)::text[] as schemas');
  const [relation] = await findRelations(db, path?.schemas ?? []);
  return relation === undefined
    ? []
    : (kindProblem(relation) ??
        (await readColumns(db, relation)).flatMap((column) => columnProblem(relation.name, column, 'in use') ?? []));
}

/**
 * Looks at a `senate_alerts` that was there before any migration. Reads only. What migrations adapt is no problem:
 * missing columns, required columns
 * that can be given a default, texts of limited length.
 *
 * @param schemas where another system's may be
 * @returns the schema of the one there is
 * @throws ExistingAlertsError
 */
export async function lookAtExistingAlerts(db: Asks, schemas: readonly string[]): Promise<string | undefined> {
  const relations = await findRelations(db, schemas);
  const [relation, second] = relations;
  if (relation === undefined) return undefined;
  const problems =
    second === undefined
      ? (kindProblem(relation) ?? (await tableProblems(db, relation)))
      : [`${relations.map(({ name }) => name).join(' and ')} both are there, and Orchestra uses one: rename the other`];
  if (problems.length > 0)
    throw new ExistingAlertsError(
      `the senate_alerts that is there already cannot be used, and nothing was changed: ${problems.join('; ')}`,
    );
  return relation.schema;
}

/**
 * Those of other systems and our own, in this order of schemas; not what belongs to another installation of Orchestra,
 * or is our view.
 */
async function findRelations(db: Asks, schemas: readonly string[]): Promise<Relation[]> {
  const { rows } = await db.query<Relation>(
    `select c.oid::text as oid, format('%I.%I', n.nspname, c.relname) as name, n.nspname as schema,
            c.relkind::text as kind, c.relispartition as is_partition,
            exists (select from pg_inherits i where i.inhparent = c.oid) as has_children,
            pg_has_role(c.relowner, 'usage') as is_ours, pg_get_userbyid(c.relowner) as owner
       from unnest($1::text[]) with ordinality as s(name, place)
       join pg_namespace n on n.nspname = s.name
       join pg_class c on c.relnamespace = n.oid and c.relname = 'senate_alerts'
      where n.nspname = ($1::text[])[1]
         or not exists (select
                          from pg_trigger g
                          join pg_proc p on p.oid = g.tgfoid
                          join pg_namespace o on o.oid = p.pronamespace
                         where g.tgrelid = c.oid and p.proname = 'senate_alert_history'
                           and o.nspname <> ($1::text[])[1])
            and starts_with(coalesce(obj_description(c.oid, 'pg_class'), ''), $2) is false
      order by s.place`,
    [[...new Set(schemas)], OUR_VIEW],
  );
  return rows;
}

function kindProblem({
  name,
  kind,
  is_partition: isPartition,
  has_children: hasChildren,
}: Relation): string[] | undefined {
  if (kind !== 'r')
    return [
      `${name} is ${KINDS[kind] ?? 'no table'}, and Orchestra needs an ordinary table, for its triggers ` +
        `and unique indexes: ${INSTEAD}`,
    ];
  if (isPartition) return [`${name} is a partition of another table, and takes no columns of its own: ${INSTEAD}`];
  if (hasChildren)
    return [
      `${name} has tables that inherit from it, and alerts that are written there would ring no bell: ${INSTEAD}`,
    ];
  return undefined;
}

async function readColumns(db: Asks, { oid }: Relation): Promise<AlertsColumn[]> {
  const { rows } = await db.query<AlertsColumn>(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, format_type(b.oid, null) as "baseType",
            b.typcategory::text as category,
            case when b.typname in ('varchar', 'bpchar') then nullif(greatest(a.atttypmod, t.typtypmod), -1) - 4
              end as "charsMax",
            a.attnotnull as "isRequired", a.atthasdef or a.attidentity <> '' as "hasDefault",
            a.attgenerated <> '' as "isGenerated",
            -- for each row (1), before (2), insert (4)
            exists (select
                      from pg_trigger g
                     where g.tgrelid = a.attrelid
                       and not g.tgisinternal
                       and g.tgtype & 7 = 7) as "mayBeFilled",
            exists (select
                      from pg_index i
                     where i.indrelid = a.attrelid
                       and i.indisprimary
                       and a.attnum = any (i.indkey::int2[])) as "isInKey"
       from pg_attribute a
       join pg_type t on t.oid = a.atttypid
       join pg_type b on b.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
      where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped
      order by a.attnum`,
    [oid],
  );
  return rows;
}

async function tableProblems(db: Asks, relation: Relation): Promise<string[]> {
  const { name, owner } = relation;
  if (!relation.is_ours) return [`${name} belongs to ${owner}: migrate as ${owner}, or alter table ${name} owner to …`];
  const columns = await readColumns(db, relation);
  const problems = columns.flatMap(
    (column) =>
      columnProblem(name, column, 'before') ??
      (ADDED_COLUMNS.includes(column.name)
        ? [
            `column ${column.name} of ${name} has a name that Orchestra gives to a column of its own: rename it ` +
              `(alter table ${name} rename column ${column.name} to …)`,
          ]
        : []),
  );
  return problems.length > 0
    ? problems
    : [...(await nameProblems(db, relation)), ...(await rowProblems(db, relation, columns))];
}

async function nameProblems(db: Asks, { oid, name, schema }: Relation): Promise<string[]> {
  const { rows } = await db.query<{ taken: string }>(
    `select format('the name %I.%I is taken', n.nspname, c.relname) as taken
       from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = any ($2)
     union all
     select format('the name %I is taken by a constraint', c.conname)
       from pg_constraint c
      where c.conrelid = $3::oid
        and c.conname = any ($4)`,
    [schema, INDEXES, oid, CONSTRAINTS],
  );
  return rows.map(({ taken }) => `${taken}, and Orchestra makes one of that name on ${name}: rename it`);
}

/** Rows that the unique indexes of the migrations would stumble over. */
async function rowProblems(db: Asks, { name, oid }: Relation, columns: readonly AlertsColumn[]): Promise<string[]> {
  const has = (column: string): boolean => columns.some((one) => one.name === column);
  const problems: string[] = [];
  const answers = async (query: string): Promise<boolean> =>
    (await db.query<{ yes: boolean }>(`select exists (${query}) as yes`)).rows[0]?.yes ?? false;
  const idIsUnique = await answers(
    `select from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attname = 'id' and a.attnotnull
      where i.indrelid = ${oid} and i.indisunique and i.indisvalid and i.indpred is null
        and i.indkey::text = a.attnum::text`,
  );
  if (has('id') && !idIsUnique) {
    if (await answers(`select from ${name} where id is null`))
      problems.push(`column id of ${name} is null in some rows: update ${name} set id = default where id is null`);
    if (await answers(`select from ${name} group by id having count(*) > 1`))
      problems.push(
        `column id of ${name} has one value in several rows: select id from ${name} group by id having ` +
          'count(*) > 1 lists them',
      );
  }
  if (
    has('kind') &&
    has('details') &&
    (await answers(
      `select from ${name}
        where kind = 'runaway'
          and details ->> 'run_id' is not null
        group by details ->> 'run_id'
       having count(*) > 1`,
    ))
  ) {
    problems.push(
      `column details of ${name} has one run_id in several rows of kind runaway: that kind is the ` +
        `watchdog's, which raises one alert for each run; give those rows another kind`,
    );
  }
  return problems;
}
