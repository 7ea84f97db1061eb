import type { IncomingMessage } from 'node:http';
import { ProblemError } from './problem.ts';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
const JSON_TYPE = /^application\/json\s*(;|$)/i;

/**
 * Refuses a change that a browser was made to send by anyone but our own page. A cookie goes along whoever asks, so a
 * change by cookie has to say that it comes from this origin (the browser writes that, no script can), and to be JSON,
 * which no form can send. Another port of this host is another origin, although it is the same site.
 *
 * @throws ProblemError `forbidden`, `unsupported_media_type`
 */
export function requireOurPage(request: IncomingMessage): void {
  if (SAFE.has(request.method ?? '')) return;
  if (!fromThisOrigin(request))
    throw new ProblemError(
      'forbidden',
      'a change by cookie is taken from the page of this service alone; anything else sends its token as ' +
        '"Authorization: Bearer <token>"',
    );
  if (!JSON_TYPE.test(request.headers['content-type'] ?? ''))
    throw new ProblemError(
      'unsupported_media_type',
      'send a change by cookie as application/json, also where it has no body',
    );
}

function fromThisOrigin({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  // Browsers leave that header out where the page came over plain HTTP from another machine.
  const { origin, host } = headers;
  return (
    origin !== undefined && host !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase()
  );
}
