import type { Queryable } from '@orchestra/database';
import { AttachError } from './errors.ts';

/**
 * The schema of Orchestra's tables, as `makePool` has found it, without quotes. What an attachment makes there is named
 * with it: other programs' statements come to it with a search_path of their own.
 *
 * @throws AttachError `not_migrated`
 */
export async function readHome(db: Queryable): Promise<string> {
  const {
    rows: [row],
  } = await db.query<{ home: string | null; migrated: boolean }>(
    "select current_schema() as home, to_regclass('attachments') is not null as migrated",
  );
  if (row === undefined || row.home === null || !row.migrated) {
    throw new AttachError(
      'not_migrated',
      'this database has no tables of this version of Orchestra: run `orchestra db migrate` on it (with ' +
        'ORCHESTRA_SCHEMA, if they are in a schema of another name)',
    );
  }
  return row.home;
}
