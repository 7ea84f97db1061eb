import type { Queryable } from '@orchestra/database';
import { columnsOf } from './conditions.ts';
import { AttachError } from './errors.ts';
import { readHome } from './home.ts';
import { POLICY, TRIGGER } from './objects.ts';
import type { QueueDescription } from './queue.ts';

/** A table of the queue, with how row security is on it. */
export interface TableState {
  schema: string;
  name: string;
  owner: string;
  rowSecurity: boolean;
  forced: boolean;
  isOurs: boolean;
  hasPolicy: boolean;
}

/** What the catalog says of the queue. */
export interface QueueState {
  /** The schema of Orchestra's tables. */
  home: string;
  /** The root first, then its partitions. */
  tables: TableState[];
  isPartitioned: boolean;
  /** The connected role may make an event trigger. */
  isSuperuser: boolean;
  /** The connected role has the rights of the owner of senate_pause. */
  ownsPauses: boolean;
  /** Roles that may update jobs, besides the connected role; null: everybody. */
  updaters: (string | null)[];
  /** Roles that may read pauses, besides the connected role; null: everybody. */
  readers: (string | null)[];
}

/**
 * Reads what the plan depends on, and refuses a queue that is not as described.
 *
 * @throws AttachError `queue_not_understood`, `rights_missing`
 */
export async function readQueueState(db: Queryable, queue: QueueDescription): Promise<QueueState> {
  const { tables, isPartitioned } = await readQueueTables(db, queue);
  const home = await readHome(db);
  return {
    home,
    tables,
    isPartitioned,
    ...(await rightsOf(db)),
    updaters: await whoMay(
      db,
      'UPDATE',
      tables.map((table) => `${table.schema}.${table.name}`),
    ),
    readers: await whoMay(db, 'SELECT', [`${home}.senate_pause`]),
  };
}

/** The tables of the queue alone: where Orchestra has no tables yet. Refuses the same. */
export async function readQueueTables(
  db: Queryable,
  queue: QueueDescription,
): Promise<Pick<QueueState, 'tables' | 'isPartitioned'>> {
  const { rows: roots } = await db.query<{
    oid: number;
    kind: string;
    part: boolean;
    inherits: boolean;
    rules: boolean;
  }>(
    `select c.oid::int, c.relkind as kind, c.relispartition as part, c.relhasrules as rules,
            exists (select from pg_inherits i where i.inhparent = c.oid or i.inhrelid = c.oid) as inherits
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relname = $2`,
    [queue.schema, queue.table],
  );
  const root = roots[0];
  const called = `${queue.schema}.${queue.table}`;
  if (root === undefined)
    throw new AttachError(
      'queue_not_understood',
      `there is no ${called} in this ` +
        `database${queue.engine === 'table' ? '' : `: let ${queue.engine} make its tables first, or name their ` + 'schema with --schema'}`,
    );
  if (root.part)
    throw new AttachError('queue_not_understood', `${called} is a partition: name the table that it is a partition of`);
  if (root.kind !== 'r' && root.kind !== 'p')
    throw new AttachError('queue_not_understood', `${called} is no table (pg_class.relkind ${root.kind})`);
  if (root.kind === 'r' && root.inherits)
    throw new AttachError(
      'queue_not_understood',
      `${called} takes part in inheritance, which a policy does not follow`,
    );
  if (root.rules)
    throw new AttachError('queue_not_understood', `${called} has rules, which may turn a claim into something else`);
  await refuseOtherColumns(db, queue, root.oid);
  const tables = await readTables(db, root.oid);
  refuseForeignObjects(tables, called);
  await refuseOwnTrigger(db, root.oid, called);
  return { tables, isPartitioned: root.kind === 'p' };
}

async function refuseOtherColumns(db: Queryable, queue: QueueDescription, oid: number): Promise<void> {
  const { rows } = await db.query<{ name: string; type: string }>(
    `select a.attname as name, format_type(a.atttypid, null) as type
       from pg_attribute a
      where a.attrelid = $1
        and a.attnum > 0
        and not a.attisdropped`,
    [oid],
  );
  const types = new Map(rows.map(({ name, type }) => [name, type]));
  for (const { name, json } of columnsOf(queue)) {
    const type = types.get(name);
    if (type === undefined)
      throw new AttachError(
        'queue_not_understood',
        `${queue.schema}.${queue.table} has no column ` +
          `${name}${queue.engine === 'table' ? '' : `: this version of ${queue.engine} is not known here`}`,
      );
    if (json && type !== 'json' && type !== 'jsonb')
      throw new AttachError(
        'queue_not_understood',
        `the column ${name} of ${queue.schema}.${queue.table} is ${type} and has no keys: only json and jsonb have`,
      );
  }
  const others = [queue.taskNames?.table, queue.serialQueues?.table].filter((table) => table !== undefined);
  const { rows: missing } = await db.query<{ name: string }>(
    "select o.name from unnest($2::text[]) as o(name) where to_regclass(format('%I.%I', $1::text, o.name)) is null",
    [queue.schema, others],
  );
  if (missing[0] !== undefined)
    throw new AttachError(
      'queue_not_understood',
      `there is no ${queue.schema}.${missing[0].name}: this version of ${queue.engine} is not known here`,
    );
}

export async function readTables(db: Queryable, rootOid: number): Promise<TableState[]> {
  const { rows } = await db.query<TableState>(
    `select n.nspname as schema, c.relname as name, pg_get_userbyid(c.relowner) as owner,
            c.relrowsecurity as "rowSecurity", c.relforcerowsecurity as forced,
            pg_has_role(c.relowner, 'usage') as "isOurs",
            exists (select from pg_policy y where y.polrelid = c.oid and y.polname = $2) as "hasPolicy"
       from (select t.relid, t.level from pg_partition_tree($1::oid::regclass) t union select $1::oid::regclass, 0) t
       join pg_class c on c.oid = t.relid
       join pg_namespace n on n.oid = c.relnamespace
      order by t.level, c.relname`,
    [rootOid, POLICY],
  );
  return rows;
}

function refuseForeignObjects(tables: readonly TableState[], called: string): void {
  const notOurs = tables.find((table) => !table.isOurs);
  if (notOurs !== undefined)
    throw new AttachError(
      'rights_missing',
      `only the owner of ${called} can attach it: connect once as ${notOurs.owner}, or as a superuser`,
    );
  const taken = tables.find((table) => table.hasPolicy);
  if (taken !== undefined)
    throw new AttachError(
      'already_attached',
      `${taken.schema}.${taken.name} has the policy ${POLICY} already: see \`orchestra attach list\``,
    );
}

async function refuseOwnTrigger(db: Queryable, oid: number, called: string): Promise<void> {
  const { rowCount } = await db.query('select from pg_trigger t where t.tgrelid = $1 and t.tgname = $2', [
    oid,
    TRIGGER,
  ]);
  if (rowCount !== 0)
    throw new AttachError(
      'already_attached',
      `${called} has the trigger ${TRIGGER} already: see \`orchestra attach list\``,
    );
}

async function rightsOf(db: Queryable): Promise<Pick<QueueState, 'isSuperuser' | 'ownsPauses'>> {
  const {
    rows: [row],
  } = await db.query<{ super: boolean; owns: boolean }>(
    `select r.rolsuper as super, pg_has_role(c.relowner, 'usage') as owns
       from pg_roles r, pg_class c
      where r.rolname = current_user
        and c.oid = 'senate_pause'::regclass`,
  );
  return { isSuperuser: row?.super === true, ownsPauses: row?.owns === true };
}

/** Roles that were granted this, on a table or a column of it. */
async function whoMay(
  db: Queryable,
  privilege: 'SELECT' | 'UPDATE',
  tables: readonly string[],
): Promise<(string | null)[]> {
  const { rows } = await db.query<{ role: string | null }>(
    `select distinct r.rolname as role
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
       cross join lateral (
         select a.grantee, a.privilege_type from aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
         union all
         select x.grantee, x.privilege_type
           from pg_attribute t
          cross join aclexplode(t.attacl) x
          where t.attrelid = c.oid
       ) a
       left join pg_roles r on r.oid = a.grantee
      where n.nspname || '.' || c.relname = any ($1) and a.privilege_type = $2
        and (a.grantee = 0 or r.rolname <> current_user)
      order by 1`,
    [tables, privilege],
  );
  return rows.map(({ role }) => role);
}
