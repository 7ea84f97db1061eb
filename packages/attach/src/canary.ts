import { randomUUID } from 'node:crypto';
import { SQLSTATE, sqlState, type Database, type Transaction } from '@orchestra/database';
import { copyPauses, pauseScope, unpauseScope } from '@orchestra/pause-core';
import { findAttachment } from './attachments.ts';
import { canaryJob } from './canary-job.ts';
import type { Finding } from './check.ts';
import { all } from './conditions.ts';
import { findElsewhere, PATIENT } from './elsewhere.ts';
import { readHome } from './home.ts';
import { brakeViewOf, objectsOf } from './objects.ts';
import type { QueueDescription } from './queue.ts';
import { identifier, literal, tableName } from './quote.ts';
import { rolledBack } from './rolled-back.ts';

const BY = 'orchestra.canary';
// Should this process end in between, the pause ends by itself.
const TTL_SECONDS = 60;

/**
 * Tries the brake through a worker's own connection: what binds it, and whether it gets a job that is paused. The job
 * is made and claimed in one transaction of the worker's that is rolled back, so nobody else sees it; the pause is on
 * an agent that nobody else has.
 *
 * @param worker a connection as the team's workers make it
 * @throws AttachError `not_attached`, `not_migrated`; OtherDatabaseError
 */
export async function tryCanary(db: Database, worker: Database, name: string): Promise<Finding[]> {
  const elsewhere = await findElsewhere(db, name);
  const { queue } = elsewhere ?? (await findAttachment(db, name));
  const copy = async (): Promise<void> => {
    if (elsewhere !== undefined) await copyPauses(db, elsewhere.place, PATIENT);
  };
  const bound = await whoIsThere(worker, queue, elsewhere?.place.schema ?? (await readHome(db)), name);
  const agent = `orchestra-canary-${randomUUID()}`;
  const job = canaryJob(queue, agent);
  if (job === undefined)
    return [
      ...bound,
      {
        what: 'canary',
        verdict: 'weaker',
        words:
          'not tried: how a job of this queue is made is not known here; look at `orchestra_brake` yourself ' +
          'with a job of your own',
      },
    ];
  const { pause } = await pauseScope(db, {
    scope: { kind: 'agent', value: agent },
    reason: 'a trial of `attach check`',
    ttlSeconds: TTL_SECONDS,
    by: BY,
    source: 'person',
  });
  try {
    await copy();
    return [...bound, ...(await claimInVain(worker, queue, job))];
  } finally {
    await unpauseScope(db, { target: { id: pause.id }, by: BY });
    await copy();
  }
}

/** Which role it is, and what binds it there. */
async function whoIsThere(worker: Database, queue: QueueDescription, home: string, name: string): Promise<Finding[]> {
  const {
    rows: [row],
  } = await worker.query<{
    role: string;
    bound: boolean;
    replica: boolean;
    level: string;
    reads: boolean;
    slow: boolean;
  }>(
    `select current_user as role, row_security_active($1::regclass) as bound,
            current_setting('session_replication_role') = 'replica' as replica,
            current_setting('default_transaction_isolation') as level, 
            -- by its number: the role need not be able to look into our schema
            (select has_table_privilege(c.oid, 'select')
               from pg_class c
               join pg_namespace n on n.oid = c.relnamespace
              where n.nspname = $2
                and c.relname = $3) as reads,
            current_setting('enable_seqscan')::boolean as slow`,
    [tableName({ schema: queue.schema, name: queue.table }), home, brakeViewOf(name)],
  );
  if (row === undefined) throw new Error('a statement without a from answered no row');
  const findings: Finding[] = [
    row.bound
      ? { what: 'worker', verdict: 'well', words: `it connects as ${row.role}, whom the policy binds` }
      : {
          what: 'worker',
          verdict: 'weaker',
          words:
            `it connects as ${row.role}, whom no policy binds (superuser, BYPASSRLS, or an owner without ` +
            'force): jobs behind a covered one wait; let workers connect under another role',
        },
  ];
  if (row.replica)
    findings.push({
      what: 'worker',
      verdict: 'broken',
      words: 'its session_replication_role is replica, which leaves our trigger out: covered jobs start',
    });
  if (!row.reads)
    findings.push({
      what: 'worker',
      verdict: 'broken',
      words: `${row.role} may not read ${objectsOf(home, name).brake}: its claims fail; grant select on it`,
    });
  if (row.level !== 'read committed' && queue.snapshots === undefined)
    findings.push({
      what: 'worker',
      verdict: 'broken',
      words: `it claims under ${row.level}, and such claims are refused: use READ COMMITTED`,
    });
  if (row.slow && queue.engine === 'graphile-worker')
    findings.push({
      what: 'planner',
      verdict: 'weaker',
      words:
        `enable_seqscan is on for ${row.role}: with many jobs each claim reads and sorts the whole table; ` +
        'the manual has three settings for the role',
    });
  return findings;
}

async function claimInVain(
  worker: Database,
  queue: QueueDescription,
  job: { insert: string; claim: string },
): Promise<Finding[]> {
  const root = tableName({ schema: queue.schema, name: queue.table });
  const id = identifier(queue.id);
  try {
    return await rolledBack(worker, async (tx): Promise<Finding[]> => {
      const {
        rows: [made],
      } = await tx.query<{ id: string }>(job.insert);
      if (made === undefined) throw new Error('the insert of a job answered no row');
      // An engine may name a partition in its claim, whose own policy counts then.
      const {
        rows: [stands],
      } = await tx.query<{ table: string }>(
        `select q.tableoid::regclass::text as table from ${root} q where q.${id}::text = $1`,
        [made.id],
      );
      const table = stands?.table ?? root;
      const seen = await isSeen(
        tx,
        `select q.${id} from ${table} q where q.${id}::text = $1 and ${all('q', queue.waiting)} for update skip locked`,
        made.id,
      );
      const { rowCount } = await tx.query(`update ${table} set ${job.claim} where ${id}::text = $1`, [made.id]);
      return [
        rowCount === 0
          ? { what: 'canary', verdict: 'well', words: 'a claim of a paused job got nothing' }
          : {
              what: 'canary',
              verdict: 'broken',
              words: 'A CLAIM GOT A PAUSED JOB: the trigger does not hold for this connection; remove and attach again',
            },
        ...(seen
          ? [
              {
                what: 'canary',
                verdict: 'weaker' as const,
                words: 'the claim did not pass over the paused job: jobs behind it wait',
              },
            ]
          : []),
      ];
    });
  } catch (error) {
    if (sqlState(error) === SQLSTATE.insufficientPrivilege)
      return [
        {
          what: 'canary',
          verdict: 'weaker',
          words: `not tried: this role may not make a job (${error instanceof Error ? error.message : ''})`,
        },
      ];
    throw error;
  }
}

/** @returns whether the claim's select gets the job all the same */
async function isSeen(tx: Transaction, select: string, job: string): Promise<boolean> {
  return (await tx.query(select, [job])).rowCount !== 0;
}

/** The roles whose sessions have claimed last, by the last statement of each session. */
export async function rolesThatClaim(
  db: Database,
  queue: QueueDescription,
): Promise<{ role: string; bound: boolean; sessions: number }[]> {
  if (queue.claimText === undefined) return [];
  const { rows } = await db.query<{ role: string; bound: boolean; sessions: number }>(
    `select a.usename as role, not (r.rolsuper or r.rolbypassrls) as bound, count(*)::int as sessions
       from pg_stat_activity a join pg_roles r on r.rolname = a.usename
      where a.datname = current_database() and a.pid <> pg_backend_pid() and strpos(a.query, $1) > 0
        and a.query ~* ${literal(queue.claimText)}
      group by 1, 2 order by 1`,
    [queue.table],
  );
  return rows;
}
