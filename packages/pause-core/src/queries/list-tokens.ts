import type { Queryable } from '@orchestra/database';
import type { Role } from '../contract/tokens.ts';
import type { TokenLabels } from '../token-labels.ts';

/** A row of `api_tokens`, without its hash. */
export interface Token {
  name: string;
  role: Role;
  /** null: any label */
  labels: TokenLabels | null;
  createdAt: Date;
  createdBy: string;
  /** null: never */
  expiresAt: Date | null;
  /** To the minute; null: not yet. */
  lastUsedAt: Date | null;
  revokedAt: Date | null;
}

interface TokenRow {
  name: string;
  role: Role;
  labels: TokenLabels | null;
  created_at: Date;
  created_by: string;
  expires_at: Date | null;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

// More than anyone looks through; the newest come first.
const TOKENS_MAX = 1_000;

/** Tokens, newest first; also those that have ended when asked for `all`. */
export async function listTokens(db: Queryable, { all = false }: { all?: boolean } = {}): Promise<Token[]> {
  const { rows } = await db.query<TokenRow>(
    `select t.name, t.role, t.labels, t.created_at, t.created_by, t.expires_at, t.last_used_at, t.revoked_at
       from api_tokens t
      where $1::boolean or (t.revoked_at is null and (t.expires_at is null or t.expires_at > now()))
      order by t.id desc limit $2`,
    [all, TOKENS_MAX],
  );
  return rows.map((row) => ({
    name: row.name,
    role: row.role,
    labels: row.labels,
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  }));
}
