import type { Database, Queryable } from '@orchestra/database';
import { attachedTables, findAttachment, type Attachment } from './attachments.ts';
import type { Step } from './build-attach.ts';
import { buildRemove } from './build-remove.ts';
import { inShortLocks } from './in-short-locks.ts';
import { readHome } from './home.ts';
import { inHome } from './objects.ts';
import { tableName } from './quote.ts';

/**
 * Takes an attachment away: the catalog is as it was before.
 *
 * @param onWait told what it waits for
 * @throws AttachError
 */
export async function removeAttachment(
  db: Database,
  name: string,
  onWait: (words: string) => void = () => {},
): Promise<Step[]> {
  const attachment = await findAttachment(db, name);
  const tables = (await attachedTables(db, name)).map(tableName);
  return inShortLocks(
    db,
    [inHome(await readHome(db), 'senate_pause'), ...tables],
    async (tx) => {
      const steps = await plan(tx, attachment);
      return { steps, answer: steps };
    },
    onWait,
  );
}

/** The same statements, and nothing is changed. */
export async function planRemove(db: Queryable, name: string): Promise<Step[]> {
  return plan(db, await findAttachment(db, name));
}

/** What takes it away, as its tables are now. */
export async function plan(db: Queryable, { name, queue }: Attachment): Promise<Step[]> {
  const tables = await attachedTables(db, name);
  const there = async (table: string | undefined): Promise<boolean> => {
    if (table === undefined) return false;
    const {
      rows: [row],
    } = await db.query<{ there: boolean }>(
      "select to_regclass(format('%I.%I', $1::text, $2::text)) is not null as there",
      [queue.schema, table],
    );
    return row?.there === true;
  };
  return buildRemove(await readHome(db), name, queue, tables, {
    root: await there(queue.table),
    serial: await there(queue.serialQueues?.table),
  });
}
