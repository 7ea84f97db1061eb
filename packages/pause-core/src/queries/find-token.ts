import { sqlState, type Queryable } from '@orchestra/database';
import type { Role } from '../contract/tokens.ts';
import { runKeyOf } from '../run-owner.ts';
import type { TokenLabels } from '../token-labels.ts';
import { looksLikeToken, tokenHash } from '../token-format.ts';

/**
 * Who a living token stands for. The name is what the history shows; another token may carry it once this one is
 * revoked.
 */
export interface TokenHolder {
  /** Of the token: what belongs to it goes by this and not by its name. */
  id: string;
  name: string;
  role: Role;
  /** Seals the runs that it claims; never told. */
  runKey: string;
  /** What it may work under; null: any label. */
  labels: TokenLabels | null;
}

/**
 * Who carries this token; undefined for one that is unknown, expired (by the database's clock) or revoked. Notes when
 * it was last used, to the minute.
 */
export async function findToken(db: Queryable, token: string): Promise<TokenHolder | undefined> {
  return (await findTokens(db, [token])).get(token);
}

/** The same for several tokens in one statement; those that stand for nobody are left out. */
export async function findTokens(db: Queryable, tokens: readonly string[]): Promise<Map<string, TokenHolder>> {
  const byHash = new Map(tokens.filter(looksLikeToken).map((token) => [tokenHash(token).toString('hex'), token]));
  if (byHash.size === 0) return new Map();
  const { rows } = await db.query<Omit<TokenHolder, 'runKey'> & { hash: Buffer; note_use: boolean }>(
    `select t.id, t.token_sha256 as hash, t.name, t.role, t.labels,
            coalesce(t.last_used_at < now() - interval '1 minute', true) as note_use
       from api_tokens t
      where t.token_sha256 = any ($1::bytea[]) and t.revoked_at is null
        and (t.expires_at is null or t.expires_at > now())`,
    [[...byHash.keys()].map((hash) => Buffer.from(hash, 'hex'))],
  );
  const used = rows.filter((row) => row.note_use).map((row) => row.id);
  if (used.length > 0) await noteUse(db, used);
  return new Map(
    rows.flatMap(({ hash, id, name, role, labels }) => {
      const token = byHash.get(hash.toString('hex'));
      return token === undefined ? [] : [[token, { id, name, role, runKey: runKeyOf(hash), labels }]];
    }),
  );
}

/** Those of the tokens with these ids that are neither revoked nor expired. */
export async function livingTokens(db: Queryable, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>(
    `select t.id from api_tokens t
      where t.id = any ($1::bigint[])
        and t.revoked_at is null
        and (t.expires_at is null or t.expires_at > now())`,
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Reading needs no write: on a server that takes no changes, or has no room for one, the note is left out. */
async function noteUse(db: Queryable, ids: readonly string[]): Promise<void> {
  try {
    await db.query(
      `update api_tokens t set last_used_at = now()
        where t.id in (select u.id from api_tokens u where u.id = any ($1::bigint[]) for no key update skip locked)
          and coalesce(t.last_used_at < now() - interval '1 minute', true)`,
      [ids],
    );
  } catch (error) {
    if (sqlState(error) === undefined) throw error; // the server was lost, which the caller has to hear of
  }
}
