import type { Database } from '@orchestra/database';
import { IDEMPOTENCY_CODES, scopeOf } from '@orchestra/pause-core';
import { pausePreview, pauseQuery, pauseReceipt, pauseRequest } from '@orchestra/pause-core/contract';
import { route, type Route } from '@orchestra/service-shell';
import { pauseWithReceipt, previewPause } from '@orchestra/task-queue';
import { z } from 'zod';
import type { PauseMetrics } from '../pause-metrics.ts';

export function pauseRoute({
  brake,
  db,
  metrics,
  settleTimeoutMs,
}: {
  brake: Database;
  db: Database;
  metrics: PauseMetrics;
  settleTimeoutMs: number | undefined;
}): Route {
  return route({
    method: 'post',
    path: '/api/senate/pause',
    permission: 'pause',
    refuses: IDEMPOTENCY_CODES,
    summary:
      'stop new work for one agent, skill, quest or actor, for what carries several labels, or for the whole fleet',
    description:
      'With `also` it covers only work that carries all labels, in whatever order they are named; of the ' +
      'kind `fleet` (value `*`) it covers everything, also work without labels. What runs goes on to its ' +
      'normal end, unless `stop_running` has it stopped; what waits keeps its place. The answer comes when ' +
      'every claim that began earlier has ended, or says `settled: false`. Once the pause is made the ' +
      'answer is 200: what could not be read for it is null, and `not_read` says why.',
    query: pauseQuery,
    body: pauseRequest,
    answer: z.union([pauseReceipt, pausePreview]),
    handle: async ({ query, body, caller, idempotency, log, span }) => {
      const scope = scopeOf(body);
      if (query.dry_run) return previewPause(db, scope);
      const observed = metrics.receiptSeconds.startTimer();
      const receipt = await pauseWithReceipt(
        brake,
        {
          scope,
          reason: body.reason,
          ttlSeconds: body.ttl_seconds ?? null,
          endsAs: body.then,
          by: caller.name,
          source: 'person',
          traceparent: span?.traceparent,
        },
        {
          idempotency,
          settleTimeoutMs,
          stopRunning:
            body.stop_running === undefined
              ? undefined
              : { then: body.stop_running, graceSeconds: body.stop_grace_seconds },
          onNotRead: ({ words, cause }) =>
            log.warn({ err: cause }, `paused, but not everything could be read for the receipt: ${words}`),
        },
      );
      observed();
      if (receipt.settled !== true) {
        metrics.unsettled.inc();
        log.warn(
          { pause_id: receipt.id },
          receipt.settled === null
            ? 'paused, but whether earlier claims have ended could not be asked'
            : 'paused, but a claim that began earlier outlived the settle',
        );
      }
      log.info(
        {
          pause_id: receipt.id,
          scope_kind: receipt.scope_kind,
          scope_value: receipt.scope_value,
          also: receipt.also,
          by: caller.name,
        },
        'paused',
      );
      return receipt;
    },
  });
}
