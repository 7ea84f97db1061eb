import type { ActivePauseView, AlertView, PauseView } from '@orchestra/pause-core/contract';
import { describe, expect, test } from 'vitest';
import {
  ALERTS_MAX,
  applyCounts,
  applyEvent,
  CHANGES_MAX,
  EMPTY_SENATE,
  inOrder,
  mergeAlerts,
  type SenateState,
} from './senate-state.ts';

const AT = '2026-11-21T03:00:00.000Z';

function pause(id: string, rest: Partial<PauseView> = {}): PauseView {
  return {
    id,
    scope_kind: 'agent',
    scope_value: 'skeptic',
    also: null,
    reason: 'runaway loop',
    source: 'person',
    paused_at: AT,
    paused_by: 'dana',
    ttl_seconds: 1_800,
    expires_at: '2026-11-21T03:30:00.000Z',
    cleared_at: null,
    cleared_by: null,
    quiet_at: null,
    then: 'resume',
    stayed_at: null,
    probing_at: null,
    probe_task_id: null,
    warned_at: null,
    ...rest,
  };
}

function active(id: string, rest: Partial<ActivePauseView> = {}): ActivePauseView {
  return {
    ...pause(id),
    age_seconds: 10,
    remaining_seconds: 1_790,
    in_flight_count: 2,
    claimed_ahead_count: 0,
    queued: 5,
    queued_more: false,
    quiet: false,
    ...rest,
  };
}

function alert(id: string, severity = 'critical'): AlertView {
  return {
    id,
    kind: 'runaway',
    ref_id: 'acct-1',
    severity,
    details: null,
    created_at: AT,
    ack_at: null,
    ack_by: null,
    resolved_at: null,
    fed: null,
  };
}

function snapshot(position: string, ...pauses: ActivePauseView[]): SenateState {
  return applyEvent(EMPTY_SENATE, position, { type: 'snapshot', data: { pauses } });
}

const ids = (state: SenateState): string[] => inOrder(state.pauses).map(({ view }) => view.id);

describe('the snapshot', () => {
  test('replaces the pauses and the position, whatever was known', () => {
    const before = snapshot('90', active('1'), active('2'));
    const after = applyEvent(before, '12', { type: 'snapshot', data: { pauses: [active('3')] } });
    expect(ids(after)).toEqual(['3']);
    expect(after.position).toBe('12');
  });

  test('keeps the alerts, which it does not speak about', () => {
    const before = applyEvent(snapshot('1'), '2', { type: 'alert.created', data: alert('7') });
    expect(applyEvent(before, '3', { type: 'snapshot', data: { pauses: [] } }).alerts).toHaveLength(1);
  });

  test('comes first: without one no event counts', () => {
    expect(applyEvent(EMPTY_SENATE, '5', { type: 'pause.created', data: pause('1') })).toBe(EMPTY_SENATE);
  });
});

describe('an event', () => {
  test('that comes twice changes nothing the second time', () => {
    const once = applyEvent(snapshot('1'), '2', { type: 'pause.created', data: pause('1') });
    expect(applyEvent(once, '2', { type: 'pause.created', data: pause('1') })).toBe(once);
  });

  test('from before the position is not applied: a pause that was cleared does not come back', () => {
    const cleared = applyEvent(snapshot('4', active('1')), '6', {
      type: 'pause.cleared',
      data: pause('1', { cleared_at: AT }),
    });
    expect(ids(applyEvent(cleared, '5', { type: 'pause.changed', data: pause('1') }))).toEqual([]);
  });

  test('is placed by its id as a number, not as text', () => {
    const state = applyEvent(snapshot('9'), '10', { type: 'pause.created', data: pause('1') });
    expect(ids(state)).toEqual(['1']);
    const far = applyEvent(snapshot('9007199254740992'), '9007199254740993', {
      type: 'pause.created',
      data: pause('1'),
    });
    expect(ids(far)).toEqual(['1']);
  });

  test('never changes the state that it was applied to', () => {
    const before = snapshot('1', active('1'));
    applyEvent(before, '2', { type: 'pause.cleared', data: pause('1', { cleared_at: AT }) });
    expect(ids(before)).toEqual(['1']);
  });
});

describe('pauses', () => {
  test('P7 of one scope end one by one', () => {
    const two = applyEvent(snapshot('1', active('1')), '2', {
      type: 'pause.created',
      data: pause('2', { source: 'machine' }),
    });
    expect(ids(two)).toEqual(['2', '1']);
    expect(
      ids(
        applyEvent(two, '3', { type: 'pause.expired', data: pause('2', { cleared_at: AT, cleared_by: 'senate.ttl' }) }),
      ),
    ).toEqual(['1']);
  });

  test('a new one drains, by a number not known yet, until it is said to be quiet', () => {
    const created = applyEvent(snapshot('1'), '2', { type: 'pause.created', data: pause('1') });
    expect(created.pauses.get('1')).toMatchObject({ quiet: false, inFlightCount: null });
    const quiet = applyEvent(created, '3', { type: 'pause.quiet', data: pause('1', { quiet_at: AT }) });
    expect(quiet.pauses.get('1')).toMatchObject({ quiet: true, inFlightCount: 0 });
  });

  test('a change is taken over and keeps the count', () => {
    const state = applyEvent(snapshot('1', active('1')), '2', {
      type: 'pause.changed',
      data: pause('1', { reason: 'known now' }),
    });
    expect(state.pauses.get('1')).toMatchObject({ inFlightCount: 2, view: { reason: 'known now' } });
  });

  test('quiet said about one that has ended does not bring it back', () => {
    expect(ids(applyEvent(snapshot('1'), '2', { type: 'pause.quiet', data: pause('1', { quiet_at: AT }) }))).toEqual(
      [],
    );
  });
});

describe('counts read from the list', () => {
  test('are taken over for known pauses, and bring back none that has ended', () => {
    const state = applyCounts(snapshot('1', active('1')), [active('1', { in_flight_count: 1 }), active('2')]);
    expect(ids(state)).toEqual(['1']);
    expect(state.pauses.get('1')).toMatchObject({ inFlightCount: 1, quiet: false });
  });

  test('that are older than the word "quiet" do not take it back', () => {
    const quiet = applyEvent(snapshot('1', active('1')), '2', {
      type: 'pause.quiet',
      data: pause('1', { quiet_at: AT }),
    });
    expect(applyCounts(quiet, [active('1', { in_flight_count: 1 })]).pauses.get('1')).toMatchObject({
      quiet: true,
      inFlightCount: 0,
    });
  });
});

describe('what is kept is bounded', () => {
  test('the latest critical alerts, each once, and no others', () => {
    let state = snapshot('1');
    for (let id = 1; id <= 50; id += 1) {
      state = applyEvent(state, String(id + 1), {
        type: 'alert.created',
        data: alert(String(id), id % 2 === 0 ? 'critical' : 'high'),
      });
    }
    expect(state.alerts).toHaveLength(ALERTS_MAX);
    expect(state.alerts[0]?.id).toBe('50');
    expect(mergeAlerts(state.alerts, [alert('50'), alert('9', 'low')])).toEqual(state.alerts);
  });

  test('the latest changes', () => {
    let state = snapshot('1');
    for (let id = 2; id <= 40; id += 1)
      state = applyEvent(state, String(id), { type: 'pause.created', data: pause(String(id)) });
    expect(state.changes.map(({ id }) => id)).toEqual(['40', '39', '38', '37', '36', '35'].slice(0, CHANGES_MAX));
  });
});
