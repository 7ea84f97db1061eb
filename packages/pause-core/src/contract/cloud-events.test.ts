import { describe, expect, test } from 'vitest';
import { cloudEvent, senateMessage, shortType, toCloudEvent } from './cloud-events.ts';
import { SENATE_EVENT_TYPES, senateEvent, type SenateEvent } from './events.ts';

const AT = new Date('2026-11-21T03:00:00.000Z');
const pause = {
  id: '12',
  scope_kind: 'agent',
  scope_value: 'skeptic',
  also: null,
  reason: 'runaway loop',
  source: 'person',
  paused_at: AT.toISOString(),
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
};
const alert = {
  id: '7',
  kind: 'cost',
  ref_id: 'acct-1',
  severity: 'low',
  details: null,
  created_at: AT.toISOString(),
  ack_at: null,
  ack_by: null,
};
const stop = {
  id: '3',
  task_ids: ['41'],
  asked_at: AT.toISOString(),
  asked_by: 'dana',
  reason: 'it burns money',
  then: 'requeue',
};
const eventOf = (type: string): SenateEvent =>
  senateEvent.parse({
    type,
    data:
      type === 'snapshot' ? { pauses: [] } : type.startsWith('alert.') ? alert : type === 'run.stopping' ? stop : pause,
  });

describe('a CloudEvents 1.0 envelope', () => {
  test.each(['snapshot', ...SENATE_EVENT_TYPES])('of %s is as the contract and CloudEvents describe it', (type) => {
    const envelope = toCloudEvent({ id: '5', at: AT, event: eventOf(type) });
    expect(cloudEvent.safeParse(envelope).success).toBe(true);
    expect(senateMessage.parse(envelope)).toEqual(envelope);
    expect(shortType(envelope.type)).toBe(type);
    // The names that CloudEvents allows for attributes.
    expect(Object.keys(envelope).every((name) => /^[a-z0-9]{1,20}$/.test(name))).toBe(true);
  });

  test('says what it is about, where from, and when', () => {
    expect(toCloudEvent({ id: '5', at: AT, event: eventOf('pause.cleared') })).toEqual({
      specversion: '1.0',
      id: '5',
      source: '/orchestra/senate',
      type: 'orchestra.pause.cleared',
      subject: 'pauses/12',
      time: '2026-11-21T03:00:00.000Z',
      datacontenttype: 'application/json',
      data: pause,
    });
    expect(toCloudEvent({ id: '6', at: AT, event: eventOf('alert.acknowledged') }).subject).toBe('alerts/7');
    expect(toCloudEvent({ id: '8', at: AT, event: eventOf('run.stopping') }).subject).toBe('stops/3');
    expect(toCloudEvent({ id: '7', at: AT, event: eventOf('snapshot') })).not.toHaveProperty('subject');
  });

  test('a type of somebody else has no short name', () => {
    expect(shortType('com.example.pause.created')).toBeUndefined();
  });
});
