import { withoutPassword, type Queryable } from '@orchestra/database';
import type { OtherPlace } from '@orchestra/pause-core';
import { AttachError } from './errors.ts';
import { readHome } from './home.ts';
import type { Attachment } from './attachments.ts';

/** For commands: a person waits for the other database; the services give it less time. */
export const PATIENT = { eachMs: 10_000 };

/** An attached queue in another database. */
export interface AttachmentElsewhere extends Attachment {
  place: OtherPlace;
}

interface Row extends Attachment {
  url: string;
  schema: string;
  key: string;
}

/** Those in other databases, as Orchestra's own knows them. @throws AttachError `not_migrated` */
export async function listElsewhere(home: Queryable): Promise<AttachmentElsewhere[]> {
  await readHome(home);
  const { rows } = await home.query<Row>(
    `select e.name, e.engine, e.queue, e.url, e.schema, e.key::text, e.attached_at as "attachedAt",
            e.attached_by as "attachedBy"
       from attached_elsewhere e
      order by e.name`,
  );
  return rows.map(({ url, schema, key, ...attachment }) => ({
    ...attachment,
    place: { name: attachment.name, url, schema, key },
  }));
}

export async function findElsewhere(home: Queryable, name: string): Promise<AttachmentElsewhere | undefined> {
  return (await listElsewhere(home)).find((attachment) => attachment.name === name);
}

/** Where an attachment is, for people. */
export function sayPlace(place: OtherPlace): string {
  return withoutPassword(place.url);
}

/** @throws AttachError `already_attached` */
export async function refuseTakenName(home: Queryable, name: string): Promise<void> {
  const { rowCount } = await home.query(
    'select from attachments a where a.name = $1 union all select from attached_elsewhere e where e.name = $1',
    [name],
  );
  if (rowCount !== 0)
    throw new AttachError(
      'already_attached',
      `${name} is attached already: see \`orchestra attach list\`, or choose another name with --name`,
    );
}
