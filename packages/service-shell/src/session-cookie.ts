import type { Request } from 'express';

const NAME = 'orchestra_session';
// HttpOnly: no script reads it. Strict: no other site's link, form or script sends it along. Without an age it ends with the browser.
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Strict';

/** What the cookie of a signed-in page carries; undefined where there is none, or more than one: then nobody can say which is ours. */
export function readSessionCookie(request: Request): string | undefined {
  const values = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${NAME}=`)).map((pair) => pair.slice(NAME.length + 1));
  return values.length === 1 ? values[0] : undefined;
}

/** The `Set-Cookie` that signs a page in. `Secure` where the page itself came over TLS, whatever stands in front of this service. */
export function sessionCookie(token: string, request: Request): string {
  return `${NAME}=${token}; ${ATTRIBUTES}${cameByTls(request) ? '; Secure' : ''}`;
}

/** The `Set-Cookie` that signs it out. */
export function endedSessionCookie(request: Request): string {
  return `${sessionCookie('', request)}; Max-Age=0`;
}

/** Said by whoever asks, about nobody's cookie but its own. */
function cameByTls(request: Request): boolean {
  return request.secure || request.headers.origin?.startsWith('https:') === true || request.headers['x-forwarded-proto'] === 'https';
}
