import type { IncomingMessage } from 'node:http';
import type { Request } from 'express';

const NAME = 'orchestra_session';
// HttpOnly: no script reads it. Strict: no other site's link, form or script sends it along. Without an age it ends
// with the browser.
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Strict';

/**
 * What the cookie of a signed-in page carries; undefined where there is none, or more than one: then nobody can say
 * which is ours.
 */
export function readSessionCookie(request: IncomingMessage): string | undefined {
  const values = (request.headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${NAME}=`))
    .map((pair) => pair.slice(NAME.length + 1));
  return values.length === 1 ? values[0] : undefined;
}

/**
 * The `Set-Cookie` that signs a page in. `Secure` where the page itself came over TLS, whatever stands in front of this
 * service.
 */
export function sessionCookie(token: string, request: Request): string {
  return `${NAME}=${token}; ${ATTRIBUTES}${cameByTls(request) ? '; Secure' : ''}`;
}

/** The `Set-Cookie` that signs it out. */
export function endedSessionCookie(request: Request): string {
  return `${sessionCookie('', request)}; Max-Age=0`;
}

/**
 * Said by whoever asks, about nobody's cookie but its own. Of several proxies the first one named is the one that the
 * browser spoke to.
 */
function cameByTls({ secure, headers }: Request): boolean {
  return (
    secure ||
    headers.origin?.toLowerCase().startsWith('https:') === true ||
    firstOf(headers['x-forwarded-proto']) === 'https' ||
    /(?:^|;)\s*proto\s*=\s*"?https"?\s*(?:;|$)/.test(firstOf(headers.forwarded))
  );
}

/** The first of a list, whether it came as one header or as several. */
function firstOf(header: string | string[] | undefined): string {
  return (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',', 1)[0]?.trim().toLowerCase() ?? '';
}
