import type { Queryable } from '@orchestra/database';
import { AttachError } from './errors.ts';
import type { AttachedTable } from './build-remove.ts';
import { readHome } from './home.ts';
import type { Engine, QueueDescription } from './queue.ts';

export interface Attachment {
  name: string;
  engine: Engine;
  queue: QueueDescription;
  attachedAt: Date;
  attachedBy: string;
}

/** @throws AttachError `not_migrated` */
export async function listAttachments(db: Queryable): Promise<Attachment[]> {
  await readHome(db);
  const { rows } = await db.query<Attachment>(
    `select a.name, a.engine, a.queue, a.attached_at as "attachedAt", a.attached_by as "attachedBy"
       from attachments a
      order by a.name`,
  );
  return rows;
}

/** @throws AttachError `not_migrated`, `not_attached` */
export async function findAttachment(db: Queryable, name: string): Promise<Attachment> {
  const all = await listAttachments(db);
  const found = all.find((attachment) => attachment.name === name);
  if (found === undefined)
    throw new AttachError(
      'not_attached',
      'nothing is attached as ' +
        `"${name}"${all.length === 0 ? '' : `; attached: ${all.map((attachment) => attachment.name).join(', ')}`}`,
    );
  return found;
}

/** The tables of an attachment that are still there. */
export async function attachedTables(db: Queryable, name: string): Promise<AttachedTable[]> {
  const { rows } = await db.query<AttachedTable>(
    `select t.table_schema as schema, t.table_name as name, t.had_row_security as "hadRowSecurity",
            t.had_force as "hadForce"
       from attached_tables t
      where t.attachment = $1 and to_regclass(format('%I.%I', t.table_schema, t.table_name)) is not null
      order by t.table_name`,
    [name],
  );
  return rows;
}
