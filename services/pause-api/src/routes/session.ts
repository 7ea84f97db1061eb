import {
  permissionsOf,
  sessionRequest,
  sessionView,
  signedOut,
  type SessionView,
} from '@orchestra/pause-core/contract';
import type { TokenHolder } from '@orchestra/pause-core';
import {
  endedSessionCookie,
  FailedGuesses,
  openRoute,
  ProblemError,
  requireOurPage,
  sessionCookie,
  type Authenticator,
  type Route,
} from '@orchestra/service-shell';
import type { Request } from 'express';

const SIGN_INS_MAX = 20;

/** How the page signs in and out. docs/decisions/0017-the-pages-session.md has the reasons. */
export function sessionRoutes({ authenticator }: { authenticator: Authenticator }): Route[] {
  const failed = new FailedGuesses(SIGN_INS_MAX);
  /**
   * The token has been looked at first: who fails often stands in nobody's way who comes from the same address with a
   * right one.
   */
  const refusal = (request: Request): ProblemError => {
    failed.add(addressOf(request));
    const waitMs = failed.waitMs(addressOf(request));
    if (waitMs === 0)
      return new ProblemError(
        'unauthenticated',
        'this token is not known here, or it has expired or was revoked; `orchestra token create` makes one',
      );
    return new ProblemError(
      'too_many_sign_ins',
      'this token is not known here, and too many sign-ins from this address have failed; wait a minute. A ' +
        'right token is taken at any time',
      { headers: { 'Retry-After': String(Math.ceil(waitMs / 1_000)) } },
    );
  };
  return [
    openRoute({
      method: 'post',
      path: '/api/session',
      refuses: ['unauthenticated', 'too_many_sign_ins'],
      summary: 'sign the page in',
      description:
        'The token goes into the cookie `orchestra_session`, which no script can read, and is as good as the ' +
        'header for calls from the page of this service: ' +
        'a change by cookie has to come from the same origin, as JSON.',
      admit: requireOurPage,
      body: sessionRequest,
      answer: sessionView,
      handle: async ({ token }, request, response) => {
        const holder = await authenticator.holderOf(token);
        if (holder === undefined) throw refusal(request);
        response.setHeader('Set-Cookie', sessionCookie(token, request));
        return toView(holder);
      },
    }),
    openRoute({
      method: 'get',
      path: '/api/session',
      refuses: ['unauthenticated', 'too_many_sign_ins'],
      summary: 'who is signed in, and what they may do',
      description: 'By cookie or by header.',
      answer: sessionView,
      handle: async (_body, request) => toView(await authenticator.identify(request)),
    }),
    openRoute({
      method: 'delete',
      path: '/api/session',
      summary: 'sign the page out',
      description: 'The token itself stays good; `orchestra token revoke` ends it.',
      admit: requireOurPage,
      answer: signedOut,
      handle: async (_body, request, response) => {
        response.setHeader('Set-Cookie', endedSessionCookie(request));
        return { signed_out: true as const };
      },
    }),
  ];
}

function toView({ name, role }: TokenHolder): SessionView {
  return { name, role, permissions: [...permissionsOf(role)] };
}

/** The peer's own address: a header that says otherwise is anybody's to write. */
function addressOf(request: Request): string {
  return request.socket.remoteAddress ?? 'gone';
}
