import { connectionTo, refuseUnsuitable } from '@orchestra/database';
import pg from 'pg';
import { explainDatabaseError } from '../desk/open-database.ts';

const TIME_LIMIT_MS = 5_000;

/**
 * Looks whether the user's own PostgreSQL can be used, before anything is started on it.
 *
 * @returns its version, for example `18.4`
 * @throws CommandFailure with the next step
 */
export async function checkDatabase(url: string): Promise<string> {
  let client: pg.Client | undefined;
  try {
    client = new pg.Client({
      ...connectionTo(url, 'orchestra up', TIME_LIMIT_MS).config,
      query_timeout: TIME_LIMIT_MS,
    });
    client.on('error', () => {}); // the statement under way reports it
    await client.connect();
    await refuseUnsuitable(client);
    const {
      rows: [row],
    } = await client.query<{ version: string }>("select current_setting('server_version') as version");
    return row?.version ?? 'of an unknown version';
  } catch (error) {
    throw explainDatabaseError(error, url);
  } finally {
    await client?.end().catch(() => {}); // never connected, or already gone
  }
}
