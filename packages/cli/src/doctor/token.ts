import { ApiError, createClient, type ClientSettings } from '@orchestra-brake/client';
import type { Database } from '@orchestra/database';
import type { SessionView } from '@orchestra/pause-core/contract';
import { sayInstant } from '../show/instant.ts';
import { wordsOf } from '../words-of.ts';
import { failed, ok, type Finding } from './finding.ts';

const SOON_MS = 7 * 24 * 3_600_000;

export interface TokenFound {
  finding: Finding;
  /** Absent: it opens nothing. */
  session?: SessionView;
}

/**
 * Whose token it is, what it may do, and with the database at hand until when.
 *
 * @param db where the services' tokens are kept; absent: not at hand
 */
export async function checkToken(settings: ClientSettings, db: Database | undefined): Promise<TokenFound> {
  const check = 'token';
  if (settings.token === undefined) {
    return {
      finding: failed(
        check,
        'none was found',
        'set ORCHESTRA_TOKEN, give the profile one, or call this below the folder where `orchestra up` was started',
      ),
    };
  }
  try {
    const session = await createClient(settings).session({ triesMax: 1 });
    const says = `${session.name}, role ${session.role}`;
    const expires = await expiryOf(session.name, db);
    if (expires === undefined) return { session, finding: ok(check, says) };
    if (expires === null) return { session, finding: ok(check, `${says}, until it is revoked`) };
    const until = `${says}, until ${sayInstant(expires.toISOString())}`;
    if (expires.getTime() - Date.now() < SOON_MS)
      return { session, finding: failed(check, `${until}, which is soon`, 'make a new one: `orchestra token create`') };
    return { session, finding: ok(check, until) };
  } catch (error) {
    const isRefused = error instanceof ApiError && error.code === 'unauthenticated';
    return {
      finding: isRefused
        ? failed(
            check,
            'it is not, or no longer, known to this API',
            'make a new one (`orchestra token create`), or start `orchestra up` again',
          )
        : failed(check, `it could not be asked about: ${wordsOf(error)}`, 'see what is said of pause-api above'),
    };
  }
}

async function expiryOf(name: string, db: Database | undefined): Promise<Date | null | undefined> {
  if (db === undefined) return undefined;
  const { listTokens } = await import('@orchestra/pause-core');
  return (await listTokens(db)).find((token) => token.name === name)?.expiresAt;
}
