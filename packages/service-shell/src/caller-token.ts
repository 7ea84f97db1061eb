import type { IncomingMessage } from 'node:http';
import { looksLikeToken } from '@orchestra/pause-core';
import { requireOurPage } from './from-our-page.ts';
import { readSessionCookie } from './session-cookie.ts';

/**
 * The token of a call: its `Authorization` header, else, where the service has a page, the page's cookie. Undefined for
 * none, or for what cannot be one. Who sends a header means the header: a wrong one is not made up for by a cookie.
 *
 * @throws ProblemError `forbidden`, `unsupported_media_type`: by cookie, and not from our own page
 */
export function callerToken(request: IncomingMessage, { cookies }: { cookies: boolean }): string | undefined {
  const given = request.headersDistinct['authorization'];
  if (given !== undefined)
    return given.length === 1 ? wellFormed(/^Bearer +(\S+)$/i.exec(given[0] ?? '')?.[1]) : undefined;
  const token = cookies ? wellFormed(readSessionCookie(request)) : undefined;
  if (token !== undefined) requireOurPage(request);
  return token;
}

function wellFormed(token: string | undefined): string | undefined {
  return token !== undefined && looksLikeToken(token) ? token : undefined;
}
