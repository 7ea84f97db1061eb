import { createHash, randomBytes } from 'node:crypto';

const PREFIX = 'orc_';
const FORMAT = /^orc_[A-Za-z0-9_-]{43}$/;

/** A new token: 32 random bytes that cannot be guessed, behind a prefix by which a leaked one is recognised. */
export function newToken(): string {
  return PREFIX + randomBytes(32).toString('base64url');
}

/** False for what cannot be a token, whatever the database holds. */
export function looksLikeToken(text: string): boolean {
  return FORMAT.test(text);
}

/** What is stored of a token. Its 256 bits are random, so a plain hash is as good as a slow one. */
export function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
