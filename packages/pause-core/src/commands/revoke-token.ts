import { inTransaction, type Database } from '@orchestra/database';
import { PauseError } from '../errors.ts';

/**
 * Ends the living token of this name. Services hear of it by a bell; one that hears none may honour it for two seconds
 * more.
 *
 * @throws PauseError `token_not_found`
 */
export async function revokeToken(db: Database, { name, by }: { name: string; by: string }): Promise<void> {
  await inTransaction(db, async (tx) => {
    const { rows } = await tx.query<{ id: string }>(
      'update api_tokens t set revoked_at = now() where t.name = $1 and t.revoked_at is null returning t.id',
      [name],
    );
    const row = rows[0];
    if (row === undefined)
      throw new PauseError('token_not_found', `no living token is named ${name}; \`orchestra token list\` shows them`);
    await tx.query(
      `insert into senate_audit (by, action, subject_kind, subject_id, data)
       values ($1, 'token.revoked', 'token', $2, $3)`,
      [by, row.id, JSON.stringify({ name })],
    );
  });
}
