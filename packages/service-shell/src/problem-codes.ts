import { channel } from 'node:diagnostics_channel';
import { PROBLEM_CODES, type ProblemCode } from '@orchestra/pause-core/contract';
import type { Logger } from './log.ts';
import type { Route } from './route.ts';

type Described = Pick<Route, 'method' | 'permission' | 'admit' | 'refuses'>;

/** What can be refused before it is known which call it is, and what can go wrong with any. */
export const ANY_CALL: readonly ProblemCode[] = [
  'invalid_request',
  'request_timeout',
  'expectation_failed',
  'unknown_host',
  'headers_too_large',
  'internal_error',
  'database_unavailable',
];
const WITH_TOKEN: readonly ProblemCode[] = ['unauthenticated', 'forbidden', 'too_many_sign_ins'];
const WITH_BODY: readonly ProblemCode[] = ['malformed_json', 'body_too_large', 'unsupported_media_type'];
const FROM_OUR_PAGE: readonly ProblemCode[] = ['forbidden', 'unsupported_media_type'];

/**
 * Every code that a call of this route can be answered with: those of the HTTP edge, which follow from what the route
 * is, and its own.
 */
export function problemCodesOf({ method, permission, admit, refuses }: Described): ProblemCode[] {
  const codes = new Set([
    ...ANY_CALL,
    ...(permission === null ? [] : WITH_TOKEN),
    ...(method === 'get' ? [] : WITH_BODY),
    ...(admit === undefined ? [] : FROM_OUR_PAGE),
    ...refuses,
  ]);
  return PROBLEM_CODES.filter((code) => codes.has(code));
}

/** Gets each answer with a code that the OpenAPI document does not list. Tests listen and fail. */
export const UNLISTED_PROBLEMS = 'orchestra:unlisted-problem';
const unlisted = channel(UNLISTED_PROBLEMS);

/** Warns of a code that `refuses` of the route should have named. The caller is answered with it all the same. */
export function noteUnlisted(route: Route, code: ProblemCode, log: Logger): void {
  if (problemCodesOf(route).includes(code)) return;
  log.warn({ code, route: route.path }, 'this route is answered with a code that its description does not list');
  unlisted.publish(`${route.method} ${route.path} answers ${code}, which its \`refuses\` does not list`);
}
