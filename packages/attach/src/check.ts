import type { Database, Queryable } from '@orchestra/database';
import { findAttachment } from './attachments.ts';
import { rolesThatClaim } from './canary.ts';
import { readHome } from './home.ts';
import { objectsOf, TRIGGER } from './objects.ts';
import { readTables } from './queue-state.ts';
import type { QueueDescription } from './queue.ts';
import { tableName } from './quote.ts';

/** One thing that was looked at. */
export interface Finding {
  what: string;
  /** broken: covered jobs may start, or claims fail; weaker: covered jobs are held, and others may wait behind them. */
  verdict: 'well' | 'weaker' | 'broken';
  words: string;
}

/**
 * Looks at an attachment: is all of it still there, and whom does it bind?
 *
 * @throws AttachError `not_attached`, `not_migrated`
 */
export async function checkAttachment(db: Database, name: string): Promise<Finding[]> {
  const { queue } = await findAttachment(db, name);
  const root = tableName({ schema: queue.schema, name: queue.table });
  const {
    rows: [found],
  } = await db.query<{ oid: number | null }>('select to_regclass($1)::oid::int as oid', [root]);
  if (found === undefined || found.oid === null)
    return [{ what: 'queue', verdict: 'broken', words: `${root} is not there any more: remove the attachment` }];
  return [
    ...checkFleet(queue),
    ...(await checkTrigger(db, found.oid)),
    ...(await checkPolicies(db, found.oid)),
    ...(await checkRights(db, name, found.oid)),
    ...(await checkRoles(db, found.oid)),
    ...(await checkClaimers(db, queue)),
    ...(await checkFunctions(db, queue.table)),
  ];
}

function checkFleet({ knowsFleet }: QueueDescription): Finding[] {
  return knowsFleet === true
    ? []
    : [
        {
          what: 'fleet',
          verdict: 'broken',
          words:
            'attached by an earlier version: a pause of the whole fleet does not hold its jobs, and one of ' +
            'several labels holds more than it names; remove and attach again',
        },
      ];
}

async function checkTrigger(db: Queryable, oid: number): Promise<Finding[]> {
  const { rows } = await db.query<{ name: string; enabled: string | null }>(
    `select t.relid::regclass::text as name,
            (select g.tgenabled from pg_trigger g where g.tgrelid = t.relid and g.tgname = $2) as enabled
       from (select relid from pg_partition_tree($1::oid::regclass) union select $1::oid::regclass) t
       join pg_class c on c.oid = t.relid and c.relkind in ('r', 'p')`,
    [oid, TRIGGER],
  );
  const without = rows.filter(({ enabled }) => enabled !== 'O' && enabled !== 'A').map(({ name }) => name);
  return [
    without.length === 0
      ? { what: 'trigger', verdict: 'well', words: 'no connection gets a covered job, whatever its role' }
      : {
          what: 'trigger',
          verdict: 'broken',
          words:
            `missing or disabled on ${without.join(', ')}: roles that the policy does not bind start covered ` +
            'jobs; remove and attach again',
        },
  ];
}

async function checkPolicies(db: Queryable, oid: number): Promise<Finding[]> {
  const without = (await readTables(db, oid))
    .filter((table) => !table.hasPolicy || !table.rowSecurity || !table.forced)
    .map((table) => `${table.schema}.${table.name}`);
  return [
    without.length === 0
      ? { what: 'policy', verdict: 'well', words: 'claims pass over covered jobs' }
      : {
          what: 'policy',
          verdict: 'weaker',
          words:
            `missing, or row security is not forced, on ${without.join(', ')}: jobs behind a covered one may ` +
            'wait there; remove and attach again',
        },
  ];
}

/** A role that may update jobs and may not read the pauses: its claims fail. */
async function checkRights(db: Queryable, name: string, oid: number): Promise<Finding[]> {
  const { brake } = objectsOf(await readHome(db), name);
  const { rows } = await db.query<{ role: string }>(
    `select r.rolname as role from pg_roles r
      where has_table_privilege(r.oid, $1::oid, 'UPDATE') and not r.rolname like 'pg\\_%'
        and not has_table_privilege(r.oid, $2, 'SELECT')
      order by 1`,
    [oid, brake],
  );
  const roles = rows.map(({ role }) => role);
  return [
    roles.length === 0
      ? { what: 'rights', verdict: 'well', words: 'every role that may update jobs may read the pauses' }
      : {
          what: 'rights',
          verdict: 'broken',
          words: `claims of ${roles.join(', ')} fail: grant select on ${brake} to them`,
        },
  ];
}

async function checkRoles(db: Queryable, oid: number): Promise<Finding[]> {
  const { rows } = await db.query<{ role: string; level: string | null; unbound: boolean }>(
    `select r.rolname as role, r.rolsuper or r.rolbypassrls as unbound,
            (select s.setting from pg_db_role_setting x cross join unnest(x.setconfig) s(setting)
              where x.setrole in (0, r.oid)
                and x.setdatabase in (0, (select d.oid from pg_database d where d.datname = current_database()))
                and s.setting like 'default\\_transaction\\_isolation=%' and s.setting not like '%=read committed'
              limit 1) as level
       from pg_roles r
      where r.rolcanlogin and has_table_privilege(r.oid, $1::oid, 'UPDATE')
      order by 1`,
    [oid],
  );
  const unbound = rows.filter((row) => row.unbound).map(({ role }) => role);
  const levels = rows.filter((row) => row.level !== null).map(({ role, level }) => `${role} (${level})`);
  return [
    unbound.length === 0
      ? { what: 'roles', verdict: 'well', words: 'the policy binds every role that may log in and update jobs' }
      : {
          what: 'roles',
          verdict: 'weaker',
          words:
            `no policy binds ${unbound.join(', ')} (superuser or BYPASSRLS): the trigger holds covered jobs ` +
            'from them too, but jobs behind a covered one wait; let workers connect under another role',
        },
    ...(levels.length === 0
      ? []
      : [
          {
            what: 'isolation',
            verdict: 'broken' as const,
            words:
              `claims of ${levels.join(', ')} are refused: an old snapshot may not see a new pause; claim ` +
              'under READ COMMITTED',
          },
        ]),
  ];
}

/** Who has claimed, as far as the server still knows it. */
async function checkClaimers(db: Database, queue: QueueDescription): Promise<Finding[]> {
  const roles = await rolesThatClaim(db, queue);
  const unbound = roles.filter(({ bound }) => !bound).map(({ role }) => role);
  if (roles.length === 0) return [];
  const words = roles
    .map(({ role, sessions }) => `${role} (${sessions} ${sessions === 1 ? 'session' : 'sessions'})`)
    .join(', ');
  return [
    unbound.length === 0
      ? {
          what: 'claimers',
          verdict: 'well',
          words: `by the last statements of their sessions, these roles claim: ${words}; the policy binds them`,
        }
      : {
          what: 'claimers',
          verdict: 'weaker',
          words:
            `by the last statements of their sessions, these roles claim: ${words}; no policy binds ` +
            `${unbound.join(', ')}`,
        },
  ];
}

async function checkFunctions(db: Queryable, table: string): Promise<Finding[]> {
  const { rows } = await db.query<{ name: string }>(
    `select p.oid::regprocedure::text as name from pg_proc p join pg_roles r on r.oid = p.proowner
      where p.prosecdef and (r.rolsuper or r.rolbypassrls) and strpos(p.prosrc, $1) > 0
        and p.proname not like 'orchestra\\_%'
        and not (p.proname in ('begin_copy', 'take_pauses') and p.pronamespace = current_schema()::regnamespace)
      order by 1`,
    [table],
  );
  return rows.length === 0
    ? []
    : [
        {
          what: 'functions',
          verdict: 'weaker',
          words:
            `security definer functions whose owner no policy binds name ${table}: ` +
            `${rows.map(({ name }) => name).join(', ')}; where they claim, jobs behind a covered one wait`,
        },
      ];
}
