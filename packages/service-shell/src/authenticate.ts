import type { Request } from 'express';
import { isDatabaseUnavailable, type Database } from '@orchestra/database';
import { findTokens, looksLikeToken, type TokenHolder } from '@orchestra/pause-core';
import { mayDo, type Permission } from '@orchestra/pause-core/contract';
import { callerToken } from './caller-token.ts';
import { ProblemError } from './problem.ts';

// A token that was looked up is honoured this long without asking again; so long does a revocation take at most.
const TRUST_MS = 2_000;
// What workers do all the time. They are many, and wait for work most of it: asking more often would be most of what they cost.
const TRUST_OFTEN_MS = 9_000;
const OFTEN: readonly Permission[] = ['read', 'run_tasks'];
// Tokens in use that will have to be asked about soon are asked about together.
const ASKED_TOGETHER_MAX = 200;
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

/** Finds out who calls, and whether they may. */
export interface Authenticator {
  /** @throws ProblemError `unauthenticated`, `forbidden`; or the database's error */
  authenticate(request: Request, permission: Permission): Promise<TokenHolder>;
  /** Who calls, whatever they may do. @throws ProblemError `unauthenticated`; or the database's error */
  identify(request: Request): Promise<TokenHolder>;
  /** Whose token this is; undefined for one that is unknown, expired or revoked. @throws the database's error */
  holderOf(token: string): Promise<TokenHolder | undefined>;
  /** For answers that stay open: is this call's token still good for this? Asks again. With the database out of reach, as above. */
  stillMay(request: Request, permission: Permission): Promise<boolean>;
}

/** @param options.cookies true for a service with a page: its cookie is as good as a header, for calls from that page */
export function makeAuthenticator(db: Database, { cookies = false }: { cookies?: boolean } = {}): Authenticator {
  const known = new Map<string, Known>();
  const underWay = new Map<string, Promise<TokenHolder | undefined>>();

  async function holderOf(token: string, permission: Permission): Promise<TokenHolder | undefined> {
    const kept = known.get(token);
    const ageMs = kept === undefined ? Infinity : performance.now() - kept.askedAtMs;
    if (kept !== undefined) kept.used = true;
    if (kept !== undefined && ageMs < (OFTEN.includes(permission) ? TRUST_OFTEN_MS : TRUST_MS)) return kept.holder;
    const asked = ask(token);
    if (kept === undefined || permission !== 'read' || ageMs >= TRUST_FOR_READING_MS) return asked;
    try {
      return await within(asked, READER_WAITS_MS, kept.holder);
    } catch (error) {
      if (isDatabaseUnavailable(error)) return kept.holder;
      throw error;
    }
  }

  /** Any number of calls with one token make one question at a time. */
  function ask(token: string): Promise<TokenHolder | undefined> {
    const asked = underWay.get(token) ?? lookUp(token).finally(() => underWay.delete(token));
    underWay.set(token, asked);
    return asked;
  }

  async function lookUp(token: string): Promise<TokenHolder | undefined> {
    const askedAtMs = performance.now();
    const soon = [...known].filter(([other, kept]) => kept.used && other !== token && askedAtMs - kept.askedAtMs > TRUST_OFTEN_MS / 2);
    const together = [token, ...soon.map(([other]) => other).slice(0, ASKED_TOGETHER_MAX)];
    const holders = await findTokens(db, together);
    for (const asked of together) {
      known.delete(asked);
      const holder = holders.get(asked);
      if (holder !== undefined) keep(asked, { holder, askedAtMs, used: asked === token });
    }
    return holders.get(token);
  }

  function keep(token: string, entry: Known): void {
    const oldest = known.keys().next();
    if (known.size >= KEPT_MAX && !oldest.done) known.delete(oldest.value);
    known.set(token, entry);
  }

  async function identify(request: Request, permission: Permission): Promise<TokenHolder> {
    const token = callerToken(request, { cookies });
    const holder = token === undefined ? undefined : await holderOf(token, permission);
    if (holder === undefined) throw unauthenticated();
    return holder;
  }

  return {
    async authenticate(request, permission) {
      const holder = await identify(request, permission);
      if (!mayDo(permission, holder.role)) {
        throw new ProblemError('forbidden', `the token ${holder.name} has the role ${holder.role}, which may not do this`);
      }
      return holder;
    },
    // Asked seldom and by people: not trusted for longer than a change would be.
    identify: (request) => identify(request, 'pause'),
    holderOf: async (token) => (looksLikeToken(token) ? holderOf(token, 'pause') : undefined),
    async stillMay(request, permission) {
      const token = callerToken(request, { cookies });
      const holder = token === undefined ? undefined : await holderOf(token, permission);
      return holder !== undefined && mayDo(permission, holder.role);
    },
  };
}

/** What `promise` answers, or `otherwise` when it takes longer. */
async function within<T>(promise: Promise<T>, ms: number, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  promise.catch(() => {}); // after its time nobody waits for its failure; before, the race reports it
  try {
    return await Promise.race([promise, new Promise<T>((resolve) => { timer = setTimeout(resolve, ms, otherwise); })]);
  } finally {
    clearTimeout(timer);
  }
}

/** The same words for every cause, so that nobody learns which tokens exist. */
function unauthenticated(): ProblemError {
  return new ProblemError('unauthenticated', 'send a valid token as "Authorization: Bearer <token>"; `orchestra token create` makes one',
    { headers: { 'WWW-Authenticate': 'Bearer realm="orchestra"' } });
}
