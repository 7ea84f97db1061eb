import { setTimeout as delay } from 'node:timers/promises';
import { toPauseView, type PauseReplica } from '@orchestra/pause-core';
import { heldNow, heldNowQuery } from '@orchestra/pause-core/contract';
import { ProblemError, route, type Route } from '@orchestra/service-shell';

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
      if (query.max_age_ms === 0) await within(replica.refresh());
      else if (replica.ageMs > query.max_age_ms)
        await within(
          (underWay ??= replica.refresh().finally(() => {
            underWay = undefined;
          })),
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

async function within(refreshed: Promise<void>): Promise<void> {
  const late = new AbortController();
  // Aborted: it was read
  await Promise.race([refreshed, delay(REFRESH_WAIT_MS, undefined, { signal: late.signal }).catch(() => {})]);
  late.abort();
}
