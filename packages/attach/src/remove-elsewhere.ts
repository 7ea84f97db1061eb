import type { Database, Queryable } from '@orchestra/database';
import type { OtherPlace } from '@orchestra/pause-core';
import { buildRemoveCopies, copiesSchema } from './build-copies.ts';
import type { Step } from './build-attach.ts';
import { findElsewhere, sayPlace } from './elsewhere.ts';
import { AttachError } from './errors.ts';
import { inShortLocks } from './in-short-locks.ts';
import { identifier, tableName } from './quote.ts';
import { attachedTables, findAttachment } from './attachments.ts';
import { plan } from './remove.ts';

/**
 * Takes an attachment in another database away: the catalog there is as it was before, and home forgets it. One that
 * home does not know is taken away as well.
 *
 * @param there a pool there with the rights of the queue's owner, with {@link copiesSchema} as its schema
 * @throws AttachError
 */
export async function removeElsewhere(
  home: Database,
  there: Database,
  name: string,
  onWait: (words: string) => void = () => {},
): Promise<Step[]> {
  const known = await findElsewhere(home, name);
  const steps = (await isThere(there, name)) ? await takeAway(there, name, known?.place, onWait) : [];
  if (known === undefined && steps.length === 0)
    throw new AttachError(
      'not_attached',
      `nothing is attached as "${name}" in that database, and Orchestra knows of none`,
    );
  await forgetElsewhere(home, name);
  return steps;
}

/** The same statements, and nothing is changed. */
export async function planRemoveElsewhere(home: Queryable, there: Database, name: string): Promise<Step[]> {
  const known = await findElsewhere(home, name);
  if (!(await isThere(there, name))) return [];
  await refuseForeign(there, name, known?.place);
  return stepsThere(there, name);
}

/**
 * Home forgets an attachment whose database is gone. What was copied there holds on until somebody removes it there.
 */
export async function forgetElsewhere(home: Queryable, name: string): Promise<void> {
  await home.query('delete from attached_elsewhere where name = $1', [name]);
}

async function isThere(there: Queryable, name: string): Promise<boolean> {
  const {
    rows: [row],
  } = await there.query<{ there: boolean }>('select to_regclass($1) is not null as there', [
    `${identifier(copiesSchema(name))}.copy_of`,
  ]);
  return row?.there === true;
}

/** Takes away what is in the other database. */
export async function takeAway(
  there: Database,
  name: string,
  place: OtherPlace | undefined,
  onWait: (words: string) => void = () => {},
): Promise<Step[]> {
  await refuseForeign(there, name, place);
  const tables = (await attachedTables(there, name)).map(tableName);
  return inShortLocks(
    there,
    tables,
    async (tx) => {
      const steps = await stepsThere(tx, name);
      return { steps, answer: steps };
    },
    onWait,
  );
}

async function stepsThere(there: Queryable, name: string): Promise<Step[]> {
  return [...(await plan(there, await findAttachment(there, name))), ...buildRemoveCopies(copiesSchema(name))];
}

/** Home's own attachment of this name may be in yet another database. */
async function refuseForeign(there: Queryable, name: string, place: OtherPlace | undefined): Promise<void> {
  if (place === undefined) return;
  const { rowCount } = await there.query('select from copy_of c where c.key = $1::uuid', [place.key]);
  if (rowCount === 0)
    throw new AttachError(
      'not_attached',
      `${name} is attached at ${sayPlace(place)}, and what this database has of that name ` +
        'belongs to another Orchestra',
    );
}
