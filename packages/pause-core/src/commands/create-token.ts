import { advisoryKey, inTransaction, SQLSTATE, sqlState, type Database, type Transaction } from '@orchestra/database';
import type { Role } from '../contract/tokens.ts';
import type { TokenLabels } from '../token-labels.ts';
import { PauseError } from '../errors.ts';
import { looksLike } from '../look-alike.ts';
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
const RESERVED = /^(senate|orchestra)\./;
// So that two names that look alike are not made at the same moment. Any constant.
const NAMES_LOCK = 0x0c_4e;

/**
 * Makes a token and answers it: the only time that it can be read.
 *
 * @throws PauseError `token_name_taken` when a living token has this name or one that looks like it, or it belongs to
 *   the system
 */
export async function createToken(db: Database, order: TokenOrder): Promise<string> {
  if (RESERVED.test(looksLike(order.name))) {
    throw new PauseError(
      'token_name_taken',
      `names that begin with "senate." or "orchestra." belong to the system; choose another than ${order.name}`,
    );
  }
  const token = newToken();
  const labels =
    order.labels === null || order.labels === undefined || Object.keys(order.labels).length === 0
      ? null
      : JSON.stringify(order.labels);
  try {
    await inTransaction(db, async (tx) => {
      // In a statement of its own: the next one has to see what the one before this has committed.
      await tx.query(`select pg_advisory_xact_lock(${advisoryKey('$1')})`, [NAMES_LOCK]);
      // An expired token must not keep its name taken.
      await tx.query(
        `update api_tokens t set revoked_at = t.expires_at
           where t.name = $1 and t.revoked_at is null and t.expires_at <= now()`,
        [order.name],
      );
      await refuseLookAlike(tx, order.name);
      const { rows } = await tx.query<{ id: string }>(
        `insert into api_tokens (name, role, token_sha256, created_by, expires_at, labels)
         values ($1, $2, $3, $4, now() + make_interval(secs => $5), $6)
         returning id`,
        [order.name, order.role, tokenHash(token), order.by, order.expiresInSeconds ?? null, labels],
      );
      await tx.query(
        `insert into senate_audit (by, action, subject_kind, subject_id, data)
         values ($1, 'token.created', 'token', $2, $3)`,
        [
          order.by,
          rows[0]?.id,
          JSON.stringify({
            name: order.name,
            role: order.role,
            expires_in_seconds: order.expiresInSeconds ?? null,
            ...(labels === null ? {} : { labels: order.labels }),
          }),
        ],
      );
    });
  } catch (cause) {
    if (sqlState(cause) !== SQLSTATE.uniqueViolation) throw cause;
    throw new PauseError(
      'token_name_taken',
      `a living token is named ${order.name}; choose another name, or revoke that one first`,
      { cause },
    );
  }
  return token;
}

/** History shows names: one that is taken for another would have its deeds told of the other. */
async function refuseLookAlike(tx: Transaction, name: string): Promise<void> {
  const { rows } = await tx.query<{ name: string }>(
    `select t.name
       from api_tokens t
      where t.revoked_at is null
        and (t.expires_at is null or t.expires_at > now())
        and t.name <> $1`,
    [name],
  );
  const alike = rows.find((living) => looksLike(living.name) === looksLike(name));
  if (alike !== undefined)
    throw new PauseError(
      'token_name_taken',
      `${name} looks like ${alike.name}, the name of a living token; choose a name that nobody takes for it`,
    );
}
