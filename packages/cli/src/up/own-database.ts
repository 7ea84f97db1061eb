import pg from 'pg';
import { explainDatabaseError } from '../desk/open-database.ts';
import { withoutPassword } from '../desk/database-url.ts';
import { CommandFailure } from '../failure.ts';

const VERSION_NEEDED = 150_000;

/**
 * Looks whether the user's own PostgreSQL can be used, before anything is started on it.
 *
 * @returns its version, for example `18.4`
 * @throws CommandFailure with the next step
 */
export async function checkDatabase(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, application_name: 'orchestra up', connectionTimeoutMillis: 5_000, query_timeout: 5_000 });
  client.on('error', () => {}); // the statement under way reports it
  try {
    await client.connect();
    const { rows: [row] } = await client.query<{ number: number; version: string }>(
      "select current_setting('server_version_num')::int as number, current_setting('server_version') as version");
    if (row === undefined || row.number < VERSION_NEEDED) {
      throw new CommandFailure('database_too_old', `${withoutPassword(url)} is PostgreSQL ${row?.version ?? 'of an unknown version'}, and 15 or newer is needed; without DATABASE_URL, \`orchestra up\` brings one along`);
    }
    return row.version;
  } catch (error) {
    throw explainDatabaseError(error, url);
  } finally {
    await client.end().catch(() => {}); // never connected, or already gone
  }
}
