import { once } from 'node:events';
import type { ReceivedEvent } from '@orchestra-brake/client';
import type { ActivePauseView } from '@orchestra/pause-core/contract';
import { expect, test } from 'vitest';
import { waitUntilQuiet, type WaitOutcome } from './wait-until-quiet.ts';

const AT = '2026-11-21T03:00:00.000Z';
const view: ActivePauseView = {
  id: '12',
  scope_kind: 'agent',
  scope_value: 'skeptic',
  also: null,
  reason: 'r',
  source: 'person',
  paused_at: AT,
  paused_by: 'dana',
  ttl_seconds: null,
  expires_at: null,
  cleared_at: null,
  cleared_by: null,
  quiet_at: null,
  then: 'resume',
  stayed_at: null,
  probing_at: null,
  probe_task_id: null,
  warned_at: null,
  age_seconds: 1,
  remaining_seconds: null,
  in_flight_count: 0,
  claimed_ahead_count: 0,
  queued: 0,
  queued_more: false,
  quiet: true,
};

/** Waits on a stream that brings one snapshot and then nothing, for 50 ms. */
function waitFor({ settled, quietAt }: { settled: boolean; quietAt: string | null }): Promise<WaitOutcome> {
  async function* events({ signal }: { signal?: AbortSignal | undefined } = {}): AsyncGenerator<
    ReceivedEvent,
    void,
    undefined
  > {
    yield { id: '1.0000000001', event: { type: 'snapshot', data: { pauses: [{ ...view, quiet_at: quietAt }] } } };
    if (signal?.aborted === false) await once(signal, 'abort');
  }
  return waitUntilQuiet(
    { events, pauses: async () => [] },
    { ...view, settled },
    { timeLimitMs: 50, signal: new AbortController().signal, onDrain: () => {}, onLine: () => {} },
  );
}

test('P12 a pause that became quiet before the snapshot was taken is quiet, whatever its receipt said', async () => {
  await expect(waitFor({ settled: false, quietAt: AT })).resolves.toBe('quiet');
});

test('no run in sight is quiet where no claim from before the pause was left, and not yet where one may be', async () => {
  await expect(waitFor({ settled: true, quietAt: null })).resolves.toBe('quiet');
  await expect(waitFor({ settled: false, quietAt: null })).resolves.toBe('not_in_time');
});
