import type { PauseGates } from '@orchestra/pause-core/contract';
import { expect, test } from 'vitest';
import { sayConfirmed, showPauseGates } from './gates-of-pause.ts';

const NOW = new Date('2026-11-30T12:00:10.000Z');
const GATES: PauseGates = {
  connected: 3,
  confirmed: 2,
  unconfirmed: [
    {
      id: 'x',
      name: 'box:7',
      kind: 'brake',
      by: 'fleet',
      host: 'box',
      keeps_copy: true,
      stops_when_unknown: true,
      began_at: '2026-11-30T11:00:00.000Z',
      seen_at: '2026-11-30T12:00:06.000Z',
    },
  ],
  refused: 14,
  refused_by: 3,
  last_refused_at: '2026-11-30T12:00:08.000Z',
  refusals: [
    {
      gate: 'box:7',
      by: 'fleet',
      agent_id: 'skeptic',
      skill: 'Bash',
      refused: 12,
      last_at: '2026-11-30T12:00:08.000Z',
    },
  ],
};

test('a pause tells which gates know it, how often it was met, by whom, and when last', () => {
  const shown = showPauseGates(GATES, NOW).join('\n');
  for (const line of [
    'gates: 2 of 3 connected have confirmed it so far',
    'not yet: box:7 (brake, token fleet), last heard of 4s ago',
    'refused 14 times by 3 gates, last 2s ago',
    'skeptic',
  ])
    expect(shown).toContain(line);
  expect(sayConfirmed({ connected: 3, confirmed: 3 })).toEqual(['gates: all 3 connected have confirmed it']);
});

test('where no gate is connected and none has met it nothing is said', () => {
  expect(
    showPauseGates({
      connected: 0,
      confirmed: 0,
      unconfirmed: [],
      refused: 0,
      refused_by: 0,
      last_refused_at: null,
      refusals: [],
    }),
  ).toEqual([]);
  expect(showPauseGates(null)).toEqual([]);
});
