import type { IncomingMessage } from 'node:http';
import { isDatabaseUnavailable, type Database } from '@orchestra/database';
import { looksLikeToken, type TokenHolder } from '@orchestra/pause-core';
import { mayDo, rolesThatMay, type Permission } from '@orchestra/pause-core/contract';
import { withTimeout } from '@orchestra/timing';
import { callerToken } from './caller-token.ts';
import { noteCaller } from './connections.ts';
import { FailedGuesses } from './failed-guesses.ts';
import { ProblemError } from './problem.ts';
import { TokenLookUps } from './token-look-ups.ts';

// A token that was looked up is honoured this long without asking again; so long does a revocation take at most.
const TRUST_MS = 2_000;
// What workers do all the time. They are many, and wait for work most of it: asking more often would be most of what
// they cost. Only while revocations are heard of.
const TRUST_OFTEN_MS = 9_000;
const OFTEN: readonly Permission[] = ['ask', 'read', 'run_tasks'];
// What is answered from memory while the database is away.
const READING: readonly Permission[] = ['ask', 'read'];
// Different wrong tokens in a minute from one address: nobody has so many that have been revoked.
const WRONG_TOKENS_MAX = 100;
// With the database out of reach nobody can say whether a token was revoked. For that time one that was good lately may
// still read: what a replica knows is worth most exactly then. Everything else needs the database anyway.
const TRUST_FOR_READING_MS = 10 * 60_000;
// So long such a reader waits for an answer that may never come.
const READER_WAITS_MS = 1_000;
const KEPT_MAX = 1_000;

interface Known {
  holder: TokenHolder;
  /** On the monotonic clock. */
  askedAtMs: number;
  /** Used since then. */
  used: boolean;
}

export interface AuthenticatorOptions {
  /** True for a service with a page: its cookie is as good as a header, for calls from that page. */
  cookies?: boolean;
  /**
   * Is {@link Authenticator.forget} called for each token that is revoked? Absent: no, and then nothing is trusted for
   * longer than two seconds.
   */
  hearsRevocations?: () => boolean;
}

/** Finds out who calls, and whether they may. */
export interface Authenticator {
  /** @throws ProblemError `unauthenticated`, `forbidden`; or the database's error */
  authenticate(request: IncomingMessage, permission: Permission): Promise<TokenHolder>;
  /** Who calls, whatever they may do. @throws ProblemError `unauthenticated`; or the database's error */
  identify(request: IncomingMessage): Promise<TokenHolder>;
  /** Whose token this is; undefined for one that is unknown, expired or revoked. @throws the database's error */
  holderOf(token: string): Promise<TokenHolder | undefined>;
  /** Some token may have been revoked: what was looked up so far is looked up again before it is trusted. */
  forget(): void;
  /**
   * For answers that stay open: is this call's token still good for this? Asks again. With the database out of reach,
   * as above.
   */
  stillMay(request: IncomingMessage, permission: Permission): Promise<boolean>;
}

export function makeAuthenticator(
  db: Database,
  { cookies = false, hearsRevocations = () => false }: AuthenticatorOptions = {},
): Authenticator {
  let forgottenAtMs = -Infinity;
  const known = new Map<string, Known>();
  const wrong = new FailedGuesses(WRONG_TOKENS_MAX);
  const lookUps = new TokenLookUps(db, {
    alsoAsk: (besides) => {
      const nowMs = performance.now();
      return [...known]
        .filter(([token, kept]) => kept.used && !besides.includes(token) && nowMs - kept.askedAtMs > TRUST_OFTEN_MS / 2)
        .map(([token]) => token);
    },
    onAnswer: ({ wanted, besides, holders, askedAtMs }) => {
      for (const token of [...wanted, ...besides]) {
        known.delete(token);
        const holder = holders.get(token);
        if (holder !== undefined) keep(token, { holder, askedAtMs, used: wanted.includes(token) });
      }
    },
  });

  async function holderOf(token: string, permission: Permission): Promise<TokenHolder | undefined> {
    const kept = known.get(token);
    const ageMs = kept === undefined ? Infinity : performance.now() - kept.askedAtMs;
    if (kept !== undefined) kept.used = true;
    const trustMs = OFTEN.includes(permission) && hearsRevocations() ? TRUST_OFTEN_MS : TRUST_MS;
    if (kept !== undefined && kept.askedAtMs > forgottenAtMs && ageMs < trustMs) return kept.holder;
    const asked = lookUps.ask(token);
    if (kept === undefined || !READING.includes(permission) || ageMs >= TRUST_FOR_READING_MS) return asked;
    try {
      return await withTimeout(asked, READER_WAITS_MS, () => kept.holder);
    } catch (error) {
      if (isDatabaseUnavailable(error)) return kept.holder;
      throw error;
    }
  }

  function keep(token: string, entry: Known): void {
    const oldest = known.keys().next();
    if (known.size >= KEPT_MAX && !oldest.done) known.delete(oldest.value);
    known.set(token, entry);
  }

  async function identify(request: IncomingMessage, permission: Permission): Promise<TokenHolder> {
    const token = callerToken(request, { cookies });
    if (token === undefined) throw unauthenticated();
    noteCaller(request, true);
    const holder = await holderOf(token, permission).catch((error: unknown) => {
      noteCaller(request, false);
      throw error;
    });
    if (holder !== undefined) return holder;
    noteCaller(request, false);
    throw refuseGuess(request, token);
  }

  /**
   * Looked up before it is refused, however many were wrong before: a right token is never held up by what others send
   * from its address.
   */
  function refuseGuess({ socket: { remoteAddress = 'gone' } }: IncomingMessage, token: string): ProblemError {
    wrong.add(remoteAddress, token);
    const waitMs = wrong.waitMs(remoteAddress);
    if (waitMs === 0) return unauthenticated();
    return new ProblemError(
      'too_many_sign_ins',
      'this token is not known, and too many others from this address were not; wait a minute. A right ' +
        'token is taken at any time',
      { headers: { 'Retry-After': String(Math.ceil(waitMs / 1_000)) } },
    );
  }

  return {
    async authenticate(request, permission) {
      const holder = await identify(request, permission);
      if (!mayDo(permission, holder.role)) {
        throw new ProblemError(
          'forbidden',
          `needs role ${rolesThatMay(permission).join(' or ')} (${holder.name} is ` +
            `${/^[aeiou]/.test(holder.role) ? 'an' : 'a'} ${holder.role})`,
        );
      }
      return holder;
    },
    // Asked seldom and by people: not trusted for longer than a change would be.
    identify: (request) => identify(request, 'pause'),
    holderOf: async (token) => (looksLikeToken(token) ? holderOf(token, 'pause') : undefined),
    forget() {
      forgottenAtMs = performance.now();
    },
    async stillMay(request, permission) {
      const token = callerToken(request, { cookies });
      const holder = token === undefined ? undefined : await holderOf(token, permission);
      return holder !== undefined && mayDo(permission, holder.role);
    },
  };
}

/** The same words for every cause, so that nobody learns which tokens exist. */
function unauthenticated(): ProblemError {
  return new ProblemError(
    'unauthenticated',
    'send a valid token as "Authorization: Bearer <token>"; `orchestra token create` makes one',
    { headers: { 'WWW-Authenticate': 'Bearer realm="orchestra"' } },
  );
}
