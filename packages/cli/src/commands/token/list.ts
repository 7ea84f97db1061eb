import { Flags } from '@oclif/core';
import type { TokenLabels } from '@orchestra/pause-core';
import { OrchestraCommand } from '../../orchestra-command.ts';

interface TokenRow {
  name: string;
  role: string;
  /** What it may work under; null: any label. */
  labels: TokenLabels | null;
  created_at: string;
  created_by: string;
  expires_at: string | null;
  last_used_at: string | null;
  revoked_at: string | null;
}

export default class TokenList extends OrchestraCommand {
  static override summary = 'tokens by name: role, who made them, when they were last used';
  static override flags = { all: Flags.boolean({ description: 'also those that have ended' }) };

  async run(): Promise<{ tokens: TokenRow[] }> {
    const { flags } = await this.parse(TokenList);
    const { listTokens } = await import('@orchestra/pause-core');
    const { atDatabase } = await import('../../desk/open-database.ts');
    const { sayAgo, sayInstant } = await import('../../show/instant.ts');
    const { sayTokenLabels } = await import('../../show/token-labels.ts');
    const { table } = await import('../../show/table.ts');
    const tokens = (await atDatabase((db) => listTokens(db, { all: flags.all }))).map((token): TokenRow => ({
      name: token.name,
      role: token.role,
      labels: token.labels,
      created_at: token.createdAt.toISOString(),
      created_by: token.createdBy,
      expires_at: token.expiresAt?.toISOString() ?? null,
      last_used_at: token.lastUsedAt?.toISOString() ?? null,
      revoked_at: token.revokedAt?.toISOString() ?? null,
    }));
    this.show(
      tokens.length === 0
        ? 'no tokens'
        : table(tokens, [
            { head: 'NAME', cell: (token) => token.name },
            { head: 'ROLE', cell: (token) => token.role },
            { head: 'LABELS', cell: (token) => (token.labels === null ? null : sayTokenLabels(token.labels)) },
            { head: 'CREATED', cell: (token) => `${sayAgo(token.created_at)} by ${token.created_by}` },
            {
              head: 'LAST USED',
              cell: (token) => (token.last_used_at === null ? 'not yet' : sayAgo(token.last_used_at)),
            },
            {
              head: 'ENDS',
              cell: (token) =>
                token.revoked_at !== null
                  ? `revoked ${sayAgo(token.revoked_at)}`
                  : token.expires_at === null
                    ? null
                    : sayInstant(token.expires_at),
            },
          ]),
    );
    return { tokens };
  }
}
