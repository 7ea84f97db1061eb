import { toPauseView, type PauseReplica } from '@orchestra/pause-core';
import { heldNow, heldNowQuery } from '@orchestra/pause-core/contract';
import { ProblemError, route, type Route } from '@orchestra/service-shell';
import { withTimeout } from '@orchestra/timing';

// With the database slow to answer, the caller is told what is known, and how old that is.
const REFRESH_WAIT_MS = 2_000;

/**
 * The pauses for replicas that are fed over HTTP: any number of them cost the database one statement in as long as they
 * let an answer be old.
 */
export function activeRoute({ replica }: { replica: PauseReplica }): Route {
  const instance = crypto.randomUUID();
  let underWay: Promise<void> | undefined;
  return route({
    method: 'get',
    path: '/api/senate/pauses/active',
    permission: 'ask',
    summary: 'what is paused now, for a copy of it',
    description:
      'Answered from memory where that was read from the database within the last `max_age_ms`; else it is ' +
      'read anew, once for everybody who asks. `age_ms` says how old the answer is, ' +
      'also while the database is away. Who sends the `version` of an earlier answer as `known` gets no ' +
      'list while that is still true. For counts and receipts there is `/api/senate/pauses`.',
    query: heldNowQuery,
    answer: heldNow,
    handle: async ({ query }) => {
      // Who wants to be sure waits for a reading that begins now; for whom it has only grown too old, the one under way
      // will do.
      if (query.max_age_ms === 0) await withTimeout(replica.refresh(), REFRESH_WAIT_MS, () => undefined);
      else if (replica.ageMs > query.max_age_ms)
        await withTimeout(
          (underWay ??= replica.refresh().finally(() => {
            underWay = undefined;
          })),
          REFRESH_WAIT_MS,
          () => undefined,
        );
      if (!replica.known)
        throw new ProblemError('database_unavailable', 'the pauses could not be read yet', {
          headers: { 'Retry-After': '1' },
        });
      const version = `${instance}.${replica.changes}`;
      return {
        age_ms: Math.ceil(replica.ageMs),
        version,
        pauses:
          query.known === version
            ? null
            : replica.pauses().map((pause) => ({
                ...toPauseView(pause),
                remaining_seconds: pause.remainingMs === null ? null : Math.max(0, pause.remainingMs / 1_000),
              })),
      };
    },
  });
}
