import { createHash } from 'node:crypto';

// A run that a token has claimed carries the version digit 8, and behind its 17th digit a seal that only its token can
// have made (`run_id_of` in SQL).
const SEALED_VERSION = '8';
const VERSION_AT = 12;
const HEAD_DIGITS = 17;

/**
 * What seals the runs of a token. Made of what the database keeps of it, so every service, now and after a restart,
 * knows whose a run is without asking; told to nobody.
 */
export function runKeyOf(tokenSha256: Buffer): string {
  return createHash('sha256').update('orchestra run ').update(tokenSha256).digest('hex');
}

/**
 * Was this run claimed with the token of `key`? One that nobody sealed, claimed on the database itself or by an older
 * version, is anybody's who knows it.
 */
export function ownsRun(key: string, runId: string): boolean {
  const digits = runId.replaceAll('-', '').toLowerCase();
  return digits[VERSION_AT] !== SEALED_VERSION || isSealedBy(key, digits);
}

// Users' own data, in which a field of that name means something else.
const OPAQUE = new Set(['payload', 'cursor', 'result', 'data', 'details', 'evidence', 'held_evidence']);

/**
 * An answer as the holder of `key` may see it: the `run_id` of another's run, with which its owner ends it, becomes a
 * digest that is always the same for that run and opens nothing. `key` undefined: somebody who owns none.
 */
export function showRuns<T>(answer: T, key: string | undefined): T;
export function showRuns(answer: unknown, key: string | undefined): unknown {
  if (Array.isArray(answer)) return answer.map((item: unknown) => showRuns(item, key));
  if (!isPlain(answer)) return answer;
  return Object.fromEntries(
    Object.entries(answer).map(([name, value]) => {
      if (name === 'run_id' && typeof value === 'string') return [name, shownRun(value, key)];
      return [name, OPAQUE.has(name) ? value : showRuns(value, key)];
    }),
  );
}

function shownRun(runId: string, key: string | undefined): string {
  const digits = runId.replaceAll('-', '').toLowerCase();
  if (key !== undefined && digits[VERSION_AT] === SEALED_VERSION && isSealedBy(key, digits)) return runId;
  const digest = createHash('sha256').update(`orchestra shown run ${digits}`).digest('hex');
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}

function isSealedBy(key: string, digits: string): boolean {
  const head = digits.slice(0, HEAD_DIGITS);
  return createHash('sha256').update(`${key} ${head}`).digest('hex').startsWith(digits.slice(HEAD_DIGITS));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
