import { randomUUID } from 'node:crypto';
import {
  namesPassword,
  plainUrl,
  withoutPassword,
  type Database,
  type Queryable,
  type Transaction,
} from '@orchestra/database';
import { copyPausesTo, passwordVariable, type OtherPlace } from '@orchestra/pause-core';
import { lockedTables, plan, refuseAtHome, type Attached } from './attach.ts';
import { buildCopies, copiesSchema, type CoverRules } from './build-copies.ts';
import type { Step } from './build-attach.ts';
import { AttachError } from './errors.ts';
import { inShortLocks, refusedByDatabase } from './in-short-locks.ts';
import { literal } from './quote.ts';
import type { QueueDescription } from './queue.ts';
import { takeAway } from './remove-elsewhere.ts';
import { rolledBack } from './rolled-back.ts';

export interface ElsewhereOrder {
  name: string;
  queue: QueueDescription;
  /** As it was given, perhaps with a password, of a role with the rights of the queue's owner. */
  url: string;
  /** The role that Orchestra's services connect as; undefined: the one of the address. */
  serveAs?: string | undefined;
}

/**
 * Puts the brake into the claim of a queue in another database: the schema for the copies and everything that reads
 * them in one transaction there; then it is written down at home, and the pauses are copied.
 *
 * @param there a pool at the order's address, with {@link copiesSchema} as its schema
 * @param onWait told what it waits for
 * @throws AttachError
 */
export async function attachElsewhere(
  home: Database,
  there: Database,
  order: ElsewhereOrder,
  onWait: (words: string) => void = () => {},
): Promise<Attached> {
  const { name, queue } = order;
  await refuseBefore(home, there, order);
  const place = placeOf(order);
  const rules = await readRules(home);
  const attached = await inShortLocks(
    there,
    await lockedTables(there, queue),
    async (tx) => {
      const planned = await planThere(tx, place, rules, order);
      return { steps: [], answer: planned };
    },
    onWait,
  );
  try {
    await home.query(recordAtHome(place, queue));
  } catch (error) {
    await takeAway(there, name, place).catch((cause: unknown) => {
      throw new AttachError(
        'not_attached',
        'it could not be written down in Orchestra’s own database, and the other database could not be put ' +
          `back as it was: run \`orchestra attach remove ${name} --url …\``,
        { cause },
      );
    });
    throw error;
  }
  await copyPausesTo(home, there, place.key);
  return { ...attached, notes: [...attached.notes, ...notesOn(order)] };
}

/** The same statements, and nothing is changed: what is made in the other database to look at it is rolled back. */
export async function planAttachElsewhere(home: Database, there: Database, order: ElsewhereOrder): Promise<Attached> {
  await refuseBefore(home, there, order);
  const place = placeOf(order);
  const rules = await readRules(home);
  const planned = await rolledBack(there, (tx) => planThere(tx, place, rules, order)).catch((error: unknown) => {
    throw refusedByDatabase(error) ?? error;
  });
  const atHome: Step = {
    says: `in Orchestra's own database, not here: ${withoutPassword(place.url)} is written down`,
    sql: `-- ${recordAtHome(place, order.queue).replaceAll('\n', '\n-- ')}\nselect`,
  };
  return { ...planned, steps: [...planned.steps, atHome], notes: [...planned.notes, ...notesOn(order)] };
}

function placeOf({ name, url, serveAs }: ElsewhereOrder): OtherPlace {
  return { name, url: plainUrl(url, serveAs), schema: copiesSchema(name), key: randomUUID() };
}

/** Runs and answers every statement: the queue's own can be planned only once the schema of the copies is there. */
async function planThere(
  tx: Transaction,
  place: OtherPlace,
  rules: CoverRules,
  { name, queue, serveAs }: ElsewhereOrder,
): Promise<Attached> {
  const copies = buildCopies(place.schema, place.key, rules, serveAs ?? null);
  for (const { sql } of copies) await tx.query(sql);
  const planned = await plan(tx, name, queue);
  for (const { sql } of planned.steps) await tx.query(sql);
  return { ...planned, steps: [...copies, ...planned.steps] };
}

function recordAtHome({ name, url, schema, key }: OtherPlace, queue: QueueDescription): string {
  const values = [name, queue.engine, JSON.stringify({ ...queue, knowsFleet: true }), url, schema, key];
  return `insert into attached_elsewhere (name, engine, queue, url, schema, key)
values (${values.map(literal).join(', ')})`;
}

function notesOn({ name, url, serveAs }: ElsewhereOrder): string[] {
  if (!namesPassword(url) && serveAs === undefined) return [];
  return [
    'the address is kept without its password: let worker-claimer and pause-api have it by ' +
      `${passwordVariable(name)} or ~/.pgpass (PGPASSFILE)`,
  ];
}

async function refuseBefore(home: Database, there: Database, { name, serveAs }: ElsewhereOrder): Promise<void> {
  await refuseAtHome(home, name);
  const {
    rows: [found],
  } = await there.query<{ standby: boolean; taken: boolean; served: boolean }>(
    `select pg_is_in_recovery() as standby, to_regnamespace($1) is not null as taken, $2::text is null
       or exists (select from pg_roles r where r.rolname = $2) as served`,
    [copiesSchema(name), serveAs ?? null],
  );
  if (found?.standby === true)
    throw new AttachError(
      'database_unsuitable',
      'that database is a standby, which takes no changes: name its primary',
    );
  if (found?.served === false)
    throw new AttachError(
      'description_not_understood',
      `there is no role ${serveAs} in that database: create it first`,
    );
  if (await isSame(home, there))
    throw new AttachError('database_unsuitable', "that is Orchestra's own database: attach the queue without --url");
  if (found?.taken === true) {
    throw new AttachError(
      'already_attached',
      `that database has the schema ${copiesSchema(name)} already: it belongs to another attachment. ` +
        `Choose another name with --name; or take it away with \`orchestra attach remove ${name} --url …\`, ` +
        'if no Orchestra uses it any more',
    );
  }
}

/** By the server's process and the database's number in it. */
async function isSame(home: Queryable, there: Queryable): Promise<boolean> {
  const [one, other] = await Promise.all(
    [home, there].map(async (db) => {
      const {
        rows: [row],
      } = await db.query<{ self: string }>(
        `select concat_ws(' ', pg_postmaster_start_time(), d.oid) as self
           from pg_database d
          where d.datname = current_database()`,
      );
      return row?.self;
    }),
  );
  return one !== undefined && one === other;
}

async function readRules(home: Queryable): Promise<CoverRules> {
  const {
    rows: [row],
  } = await home.query<{ covers: string; labels: string }>(
    `select (select p.prosrc from pg_proc p where p.oid = 'job_is_paused'::regproc) as covers,
            (select p.prosrc from pg_proc p where p.oid = 'pause_labels'::regproc) as labels`,
  );
  if (row === undefined) throw new Error('a statement without a from answered no row');
  return { jobIsPaused: row.covers, pauseLabels: row.labels };
}
