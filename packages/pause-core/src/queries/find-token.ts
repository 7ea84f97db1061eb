import type { Queryable } from '@orchestra/database';
import type { Role } from '../contract/tokens.ts';
import { looksLikeToken, tokenHash } from '../token-format.ts';

/** Who a living token stands for. The name is what the history shows. */
export interface TokenHolder {
  name: string;
  role: Role;
}

/**
 * Who carries this token; undefined for one that is unknown, expired (by the database's clock) or revoked. Notes when
 * it was last used, to the minute.
 */
export async function findToken(db: Queryable, token: string): Promise<TokenHolder | undefined> {
  if (!looksLikeToken(token)) return undefined;
  const { rows } = await db.query<TokenHolder & { id: string; note_use: boolean }>(
    `select t.id, t.name, t.role, coalesce(t.last_used_at < now() - interval '1 minute', true) as note_use
       from api_tokens t
      where t.token_sha256 = $1 and t.revoked_at is null and (t.expires_at is null or t.expires_at > now())`,
    [tokenHash(token)]);
  const row = rows[0];
  if (row === undefined) return undefined;
  if (row.note_use) {
    await db.query(
      `update api_tokens t set last_used_at = now()
        where t.id = $1 and coalesce(t.last_used_at < now() - interval '1 minute', true)`, [row.id]);
  }
  return { name: row.name, role: row.role };
}
