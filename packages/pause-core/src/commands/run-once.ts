import { createHash } from 'node:crypto';
import { isRawNumber } from '@orchestra/exact-json';
import { inTransaction, SQLSTATE, sqlState, type Database, type Transaction } from '@orchestra/database';
import { PauseError } from '../errors.ts';

/** A caller's key for one call: repeating the call with it does nothing twice. */
export interface Idempotency {
  /**
   * Who calls, by the identity of the token: two callers may use one key for different things, and a name may be given
   * to another token.
   */
  principal: string;
  key: string;
  /** What was asked; the same key with something else is refused. */
  request: unknown;
}

// Long enough for the call that holds the key to answer, short enough for a caller who waits.
const KEY_WAIT_MS = 2_000;

/**
 * Runs `work` in one transaction. With a key, its answer is stored in that same transaction: a repeated call gets the
 * stored answer and changes nothing, also when the first caller never heard its own.
 *
 * @param work answers something that JSON can carry
 * @param remember whether this answer is worth keeping; otherwise the key is free again, as if the call had never been
 *   made
 * @throws PauseError `idempotency_key_reused` for another request under the same key, `idempotency_key_in_use` while
 *   the first call has not ended
 */
export async function runOnce<T>(
  db: Database,
  idempotency: Idempotency | undefined,
  work: (tx: Transaction) => Promise<T>,
  remember: (answer: T) => boolean = () => true,
): Promise<T> {
  if (idempotency === undefined) return inTransaction(db, work);
  const requestHash = createHash('sha256').update(canonical(idempotency.request)).digest();
  return inTransaction(db, async (tx) => {
    const stored = await takeKey(tx, idempotency, requestHash);
    if (stored !== undefined) {
      if (!stored.request_sha256.equals(requestHash)) {
        throw new PauseError(
          'idempotency_key_reused',
          'this Idempotency-Key was used for another request; send a new key',
        );
      }
      return stored.answer as T; // what `work` of the same request answered, through JSON
    }
    const answer = await work(tx);
    const { principal, key } = idempotency;
    if (remember(answer))
      await tx.query('update idempotency_keys set answer = $3 where principal = $1 and key = $2', [
        principal,
        key,
        JSON.stringify(answer),
      ]);
    else await tx.query('delete from idempotency_keys where principal = $1 and key = $2', [principal, key]);
    return answer;
  });
}

interface StoredCall {
  request_sha256: Buffer;
  answer: unknown;
}

/**
 * Makes the key ours, or answers the call that it stands for. Waits for a call under way, whose key is not committed
 * yet.
 */
async function takeKey(
  tx: Transaction,
  { principal, key }: Idempotency,
  requestHash: Buffer,
): Promise<StoredCall | undefined> {
  try {
    const {
      rows: [before],
    } = await tx.query<{ lock_timeout: string }>(`select current_setting('lock_timeout') as lock_timeout`);
    await tx.query(`set local lock_timeout = ${KEY_WAIT_MS}`);
    const made = await tx.query(
      'insert into idempotency_keys (principal, key, request_sha256) values ($1, $2, $3) on conflict do nothing',
      [principal, key, requestHash],
    );
    await tx.query("select set_config('lock_timeout', $1, true)", [before?.lock_timeout ?? '0']);
    if (made.rowCount === 1) return undefined;
  } catch (cause) {
    if (sqlState(cause) !== SQLSTATE.lockNotAvailable) throw cause;
    throw new PauseError(
      'idempotency_key_in_use',
      'a call with this Idempotency-Key has not ended yet; repeat it in a moment',
      { cause },
    );
  }
  const { rows } = await tx.query<StoredCall>(
    'select request_sha256, answer from idempotency_keys where principal = $1 and key = $2',
    [principal, key],
  );
  const stored = rows[0];
  if (stored === undefined)
    throw new PauseError('idempotency_key_in_use', 'this Idempotency-Key has just run out; send a new key');
  return stored;
}

/** Keys are kept for a day: longer than any caller repeats a call. Call now and then. */
export async function forgetOldKeys(db: Database): Promise<number> {
  const { rowCount } = await db.query("delete from idempotency_keys where created_at < now() - interval '1 day'");
  return rowCount ?? 0;
}

/** JSON with sorted keys, so that the order in which a client writes its fields does not make another request. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner) && !isRawNumber(inner)
        ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? 'null'
  );
}
