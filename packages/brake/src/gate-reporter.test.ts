import { ApiError } from '@orchestra-brake/client';
import type { GateReportRequest } from '@orchestra/pause-core/contract';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GateReporter } from './gate-reporter.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const ABOUT = { id: crypto.randomUUID(), name: 'one', kind: 'test', host: 'here', stops_when_unknown: true };

/** A reporter whose reports arrive, or fail with what `failing` says. */
function reporter({
  failing = () => undefined,
  known = () => ['1'],
}: { failing?: () => Error | undefined; known?: () => string[] } = {}): {
  told: GateReportRequest[];
  gate: GateReporter;
} {
  const told: GateReportRequest[] = [];
  const gate = new GateReporter({
    about: ABOUT,
    known,
    send: async (report) => {
      const error = failing();
      if (error !== undefined) throw error;
      told.push(report);
    },
  });
  return { told, gate };
}

const counts = (told: readonly GateReportRequest[]): number =>
  told.flatMap(({ refusals = [] }) => refusals).reduce((sum, { refused }) => sum + refused, 0);

test('what is known is told at once and once, refusals together, and without news every five seconds', async () => {
  const { told, gate } = reporter();
  gate.changed();
  gate.changed();
  await vi.advanceTimersByTimeAsync(20);
  expect(told).toMatchObject([{ known_pauses: ['1'], refusals: [], leaving: false }]);
  for (let step = 0; step < 3; step++) gate.refused('1', { agentId: 'skeptic', skill: `s${step}` });
  await vi.advanceTimersByTimeAsync(600);
  expect(told[1]).toMatchObject({
    known_pauses: null,
    refusals: [{ pause_id: '1', agent_id: 'skeptic', skill: 's2', refused: 3 }],
  });
  await vi.advanceTimersByTimeAsync(10_500);
  expect(told.slice(2)).toMatchObject([
    { known_pauses: null, refusals: [] },
    { known_pauses: null, refusals: [] },
  ]);
  await gate.close();
  expect(told.at(-1)).toMatchObject({ leaving: true });
});

test('what could not be told is told later, with what came meanwhile', async () => {
  let down = true;
  const { told, gate } = reporter({ failing: () => (down ? new Error('away') : undefined) });
  gate.changed();
  gate.refused('1', { agentId: 'skeptic' });
  await vi.advanceTimersByTimeAsync(700);
  gate.refused('1', { agentId: 'skeptic' });
  down = false;
  await vi.advanceTimersByTimeAsync(3_000);
  expect(told[0]).toMatchObject({ known_pauses: ['1'] });
  expect(counts(told)).toBe(2);
});

test('refusals of many agents take a bounded place, and none is lost', async () => {
  let down = true;
  const { told, gate } = reporter({ failing: () => (down ? new Error('away') : undefined) });
  for (let agent = 0; agent < 1_000; agent++) gate.refused('1', { agentId: `agent-${agent}` });
  down = false;
  await vi.advanceTimersByTimeAsync(10_000);
  for (const { refusals = [] } of told) expect(refusals.length).toBeLessThanOrEqual(200);
  expect([counts(told), told.flatMap(({ refusals = [] }) => refusals).length]).toEqual([1_000, 201]);
});

test('labels that the service does not take are not sent again and again, and closing fails for nobody', async () => {
  const invalid = new ApiError({ type: 't', title: 'no', status: 400, code: 'invalid_request', detail: 'no' });
  let error: Error | undefined = invalid;
  const { told, gate } = reporter({ failing: () => error });
  gate.refused('1', { agentId: 'x'.repeat(300) });
  await vi.advanceTimersByTimeAsync(600);
  error = undefined;
  await vi.advanceTimersByTimeAsync(6_000);
  expect(counts(told)).toBe(0);
  error = new Error('away');
  await expect(gate.close()).resolves.toBeUndefined();
});
