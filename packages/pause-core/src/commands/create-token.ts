import { inTransaction, SQLSTATE, sqlState, type Database } from '@orchestra/database';
import type { Role } from '../contract/tokens.ts';
import type { TokenLabels } from '../token-labels.ts';
import { PauseError } from '../errors.ts';
import { newToken, tokenHash } from '../token-format.ts';

export interface TokenOrder {
  /** What the history shows as the one who did it. */
  name: string;
  role: Role;
  /** The labels that it may work under; null or absent: any. For the role worker. */
  labels?: TokenLabels | null | undefined;
  /** Who makes the token. */
  by: string;
  /** null or absent: until it is revoked */
  expiresInSeconds?: number | null | undefined;
}

// Names that rules and services sign with; a token that carried one could write history in their name.
const RESERVED = /^(senate|orchestra)\./i;

/**
 * Makes a token and answers it: the only time that it can be read.
 *
 * @throws PauseError `token_name_taken` when a living token has this name, or it belongs to the system
 */
export async function createToken(db: Database, order: TokenOrder): Promise<string> {
  if (RESERVED.test(order.name)) {
    throw new PauseError('token_name_taken', `names that begin with "senate." or "orchestra." belong to the system; choose another than ${order.name}`);
  }
  const token = newToken();
  const labels = order.labels === null || order.labels === undefined || Object.keys(order.labels).length === 0 ? null : JSON.stringify(order.labels);
  try {
    await inTransaction(db, async (tx) => {
      // An expired token must not keep its name taken.
      await tx.query('update api_tokens t set revoked_at = t.expires_at where t.name = $1 and t.revoked_at is null and t.expires_at <= now()', [order.name]);
      const { rows } = await tx.query<{ id: string }>(
        `insert into api_tokens (name, role, token_sha256, created_by, expires_at, labels)
         values ($1, $2, $3, $4, now() + make_interval(secs => $5), $6)
         returning id`, [order.name, order.role, tokenHash(token), order.by, order.expiresInSeconds ?? null, labels]);
      await tx.query(
        `insert into senate_audit (by, action, subject_kind, subject_id, data)
         values ($1, 'token.created', 'token', $2, $3)`,
        [order.by, rows[0]?.id, JSON.stringify({ name: order.name, role: order.role, expires_in_seconds: order.expiresInSeconds ?? null, ...(labels === null ? {} : { labels: order.labels }) })]);
    });
  } catch (cause) {
    if (sqlState(cause) !== SQLSTATE.uniqueViolation) throw cause;
    throw new PauseError('token_name_taken', `a living token is named ${order.name}; choose another name, or revoke that one first`, { cause });
  }
  return token;
}
