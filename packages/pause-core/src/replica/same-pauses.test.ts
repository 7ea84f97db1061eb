import { expect, test } from 'vitest';
import type { ActivePause } from '../pause.ts';
import { samePauses } from './same-pauses.ts';

const AT = new Date('2026-11-21T03:00:00.000Z');
const pause: ActivePause = {
  id: '1',
  scope: { kind: 'agent', value: 'a' },
  reason: 'r',
  source: 'person',
  pausedAt: AT,
  pausedBy: 'dana',
  ttlSeconds: 60,
  clearedAt: null,
  clearedBy: null,
  quietAt: null,
  endsAs: 'resume',
  stayedAt: null,
  probingAt: null,
  probeTaskId: null,
  warnedAt: null,
  remainingMs: 60_000,
};
const later = new Date(AT.getTime() + 1);
// Total: a field that is added to a pause has to be here, or this does not compile.
const CHANGES: { [Field in keyof Omit<ActivePause, 'remainingMs'>]: ActivePause[Field] } = {
  id: '2',
  scope: { kind: 'agent', value: 'b' },
  reason: 'other',
  source: 'sql',
  pausedAt: later,
  pausedBy: 'erik',
  ttlSeconds: null,
  clearedAt: later,
  clearedBy: 'dana',
  quietAt: later,
  endsAs: 'stay',
  stayedAt: later,
  probingAt: later,
  probeTaskId: '7',
  warnedAt: later,
};

test.each(Object.entries(CHANGES))(
  'P6 a pause whose %s was changed is another, by whatever door that came',
  (field, value) => {
    expect(samePauses([pause], [{ ...pause, [field]: value }])).toBe(false);
  },
);

test('a scope of the same value and another kind is another', () => {
  expect(samePauses([pause], [{ ...pause, scope: { kind: 'skill', value: 'a' } }])).toBe(false);
});

test('the order and the time that went by make no difference', () => {
  const other = { ...pause, id: '2' };
  expect(
    samePauses(
      [pause, other],
      [
        { ...other, remainingMs: 5 },
        { ...pause, scope: { ...pause.scope }, pausedAt: new Date(AT), remainingMs: 59_000 },
      ],
    ),
  ).toBe(true);
  expect(samePauses([pause], [pause, other])).toBe(false);
});
