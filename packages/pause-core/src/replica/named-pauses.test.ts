import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ActivePause } from '../pause.ts';
import { readNamedPause } from './named-pause.ts';
import { NamedPauses } from './named-pauses.ts';

const HOLD_MS = 5_000;
const SKEPTIC: ActivePause = {
  id: '7',
  scope: { kind: 'agent', value: 'skeptic' },
  reason: 'runaway loop',
  source: 'person',
  pausedAt: new Date(0),
  pausedBy: 'dana',
  ttlSeconds: null,
  clearedAt: null,
  clearedBy: null,
  quietAt: null,
  endsAs: 'resume',
  stayedAt: null,
  probingAt: null,
  probeTaskId: null,
  warnedAt: null,
  remainingMs: null,
};

const holds = (named: NamedPauses, agentId = 'skeptic'): boolean => named.index?.find({ agentId }) !== undefined;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('what a bell has named', () => {
  test('P6 is held, for five seconds and no longer where nothing can be read', () => {
    const named = new NamedPauses();
    named.add(SKEPTIC, 100);
    vi.advanceTimersByTime(HOLD_MS - 1);
    expect(holds(named)).toBe(true);
    vi.advanceTimersByTime(1);
    expect(holds(named)).toBe(false);
  });

  test('ends with the pause, where that ends sooner', () => {
    const named = new NamedPauses();
    named.add({ ...SKEPTIC, ttlSeconds: 1, remainingMs: 1_000 }, 100);
    vi.advanceTimersByTime(1_000);
    expect(holds(named)).toBe(false);
  });

  test('is held through a reading that began before it, and not beyond one that began later', () => {
    const named = new NamedPauses();
    named.add(SKEPTIC, 100);
    named.readAsOf(99);
    expect(holds(named)).toBe(true);
    named.readAsOf(100);
    expect(named.index).toBeUndefined();
  });

  test('said again holds no longer than the last time that it was said, and a flood of names is kept out', () => {
    const named = new NamedPauses();
    for (let n = 1; n <= 1_000; n++)
      named.add({ ...SKEPTIC, id: String(n), scope: { kind: 'agent', value: `agent-${n}` } }, n);
    expect(named.index?.size).toBe(100);
    vi.advanceTimersByTime(HOLD_MS);
    named.add({ ...SKEPTIC, id: '2000' }, 2_000);
    expect(named.index?.size).toBe(1);
    expect(holds(named)).toBe(true);
  });
});

describe('the name in a bell', () => {
  const told = {
    id: '7',
    scope_kind: 'agent',
    scope_value: 'skeptic',
    reason: 'runaway loop',
    source: 'person',
    paused_at: '1970-01-01T00:00:00+00:00',
    paused_by: 'dana',
    ttl_seconds: null,
  };

  test('is the pause as its row has it', () => {
    expect(readNamedPause(JSON.stringify(told), 'public')).toEqual(SKEPTIC);
    expect(
      readNamedPause(JSON.stringify({ ...told, ttl_seconds: 60, schema: 'orchestra' }), 'orchestra'),
    ).toMatchObject({ ttlSeconds: 60, remainingMs: 60_000 });
  });

  test('of another installation in the same database names nothing here', () => {
    expect(readNamedPause(JSON.stringify(told), 'orchestra')).toBeUndefined();
    expect(readNamedPause(JSON.stringify({ ...told, schema: 'orchestra' }), 'public')).toBeUndefined();
    expect(readNamedPause(JSON.stringify(told), undefined)).toEqual(SKEPTIC);
  });

  test.each([
    '{',
    '[]',
    '{}',
    JSON.stringify({ ...told, scope_kind: 'everything' }),
    JSON.stringify({ ...told, scope_value: '' }),
    JSON.stringify({ ...told, id: 7 }),
    JSON.stringify({ ...told, paused_at: 'now' }),
  ])('that cannot be understood names nothing: %s', (text) => {
    expect(readNamedPause(text, 'public')).toBeUndefined();
  });
});
