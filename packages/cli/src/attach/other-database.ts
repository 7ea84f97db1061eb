import type { Database } from '@orchestra/database';
import { atGivenDatabase } from '../desk/open-database.ts';

/**
 * Runs `work` in the database of an attached queue, with what was given for it.
 *
 * @throws CommandFailure where that database cannot be used; a refusal of attach goes through
 */
export async function atDatabaseOf<T>(url: string, name: string, work: (there: Database) => Promise<T>): Promise<T> {
  const { copiesSchema } = await import('@orchestra/attach');
  return atGivenDatabase(url, work, copiesSchema(name), '--url');
}
