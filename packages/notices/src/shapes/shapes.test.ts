import type { PauseView } from '@orchestra/pause-core/contract';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Notice } from './notice.ts';
import { pagerDutyRequest } from './pagerduty.ts';
import { slackRequest } from './slack.ts';
import { signature, standardRequest } from './standard.ts';

const AT = new Date('2026-11-21T03:00:00.000Z');
const pause: PauseView = {
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
  severity: 'critical',
  details: null,
  created_at: AT.toISOString(),
  ack_at: null,
  ack_by: null,
  resolved_at: null,
  fed: null,
};
const told = (event: Notice['event'], eventId = '31'): Notice => ({ eventId, at: AT, event });
const paused = (more: Partial<PauseView> = {}): Notice => told({ type: 'pause.created', data: { ...pause, ...more } });

describe('standard', () => {
  const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');

  test('signs as the test vector of Standard Webhooks says', () => {
    expect(signature(key, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, '{"test": 2432232314}')).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  test('is a CloudEvent, signed with every key; a later try has the same id and its own time', () => {
    const other = Buffer.alloc(32, 7);
    const first = standardRequest(paused(), [key, other], new Date('2026-11-21T03:00:01.900Z'));
    expect(JSON.parse(first.body)).toMatchObject({
      specversion: '1.0',
      id: '31',
      type: 'orchestra.pause.created',
      subject: 'pauses/12',
      data: pause,
    });
    expect(first.headers).toEqual({
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'webhook-id': 'orchestra-event-31',
      'webhook-timestamp': '1795230001',
      'webhook-signature': [key, other]
        .map((each) => signature(each, 'orchestra-event-31', 1_795_230_001, first.body))
        .join(' '),
    });
    const later = standardRequest(paused(), [key], new Date('2026-11-21T04:00:00.000Z'));
    expect(later.headers['webhook-id']).toBe(first.headers['webhook-id']);
    expect(later.headers['webhook-timestamp']).not.toBe(first.headers['webhook-timestamp']);
  });
});

describe('slack', () => {
  const textOf = (notice: Notice): string => (JSON.parse(slackRequest(notice).body) as { text: string }).text;

  test('says who paused what, until when and why', () => {
    expect(textOf(paused())).toBe('agent skeptic paused by dana until it is cleared: “runaway loop”');
  });

  test('what others wrote is text: no mention, no link, no second line, nothing invisible', () => {
    const body = JSON.parse(
      slackRequest(paused({ reason: '<!channel> *all* <https://evil.example|click>\n& \u001b[31mred \u202egnp.exe' }))
        .body,
    ) as unknown;
    const text =
      'agent skeptic paused by dana until it is cleared: “&lt;!channel&gt; *all* ' +
      '&lt;https://evil.example|click&gt; &amp; \\x1b[31mred \\u202egnp.exe”';
    expect(body).toEqual({
      text,
      mrkdwn: false,
      unfurl_links: false,
      unfurl_media: false,
      blocks: [{ type: 'section', text: { type: 'plain_text', text, emoji: false } }],
    });
  });

  test('fits a section, and is not cut within an entity', () => {
    const text = textOf(paused({ reason: '&'.repeat(2_000) }));
    expect(text.length).toBeLessThanOrEqual(3_000);
    expect(text).toMatch(/&amp;…$/);
  });
});

describe('pagerduty', () => {
  const KEY = 'R'.repeat(32);
  const bodyOf = (notice: Notice): Record<string, unknown> | undefined => {
    const request = pagerDutyRequest(notice, KEY);
    return request === undefined ? undefined : (JSON.parse(request.body) as Record<string, unknown>);
  };

  test('a pause is one incident, opened when it begins and resolved when it is cleared or has expired', () => {
    expect(bodyOf(paused())).toMatchObject({
      routing_key: KEY,
      event_action: 'trigger',
      dedup_key: 'orchestra-pause-12',
      payload: {
        summary: 'agent skeptic paused by dana until it is cleared: “runaway loop”',
        source: 'orchestra',
        severity: 'warning',
        timestamp: AT.toISOString(),
        custom_details: pause,
      },
    });
    for (const type of ['pause.cleared', 'pause.expired'] as const) {
      expect(bodyOf(told({ type, data: pause }))).toEqual({
        routing_key: KEY,
        event_action: 'resolve',
        dedup_key: 'orchestra-pause-12',
      });
    }
  });

  test('what a person does acknowledges it; what only tells that it took effect is not told, and cannot open it again', () => {
    expect(bodyOf(told({ type: 'pause.changed', data: pause }))).toMatchObject({
      event_action: 'acknowledge',
      dedup_key: 'orchestra-pause-12',
    });
    expect(bodyOf(told({ type: 'pause.quiet', data: pause }))).toBeUndefined();
  });

  test('an auto-pause and a pause that waits for a person weigh more', () => {
    expect(bodyOf(paused({ source: 'machine' }))).toMatchObject({ payload: { severity: 'error' } });
    expect(bodyOf(told({ type: 'pause.stayed', data: pause }))).toMatchObject({
      event_action: 'trigger',
      payload: { severity: 'critical' },
    });
  });

  test('an alert is an incident of its own, resolved when the alert is acknowledged or over', () => {
    expect(bodyOf(told({ type: 'alert.created', data: alert }))).toMatchObject({
      event_action: 'trigger',
      dedup_key: 'orchestra-alert-7',
      payload: { severity: 'critical' },
    });
    expect(bodyOf(told({ type: 'alert.acknowledged', data: { ...alert, ack_by: 'dana' } }))).toEqual({
      routing_key: KEY,
      event_action: 'resolve',
      dedup_key: 'orchestra-alert-7',
    });
    expect(bodyOf(told({ type: 'alert.resolved', data: { ...alert, resolved_at: AT.toISOString() } }))).toEqual({
      routing_key: KEY,
      event_action: 'resolve',
      dedup_key: 'orchestra-alert-7',
    });
  });

  test('a summary that is too long is cut, details that are too long are left out', () => {
    const body = bodyOf(
      told({ type: 'alert.created', data: { ...alert, kind: 'k'.repeat(2_000), details: 'x'.repeat(200_000) } }),
    );
    expect(body).toMatchObject({
      payload: { summary: expect.stringMatching(/^critical alert k{1000,}…$/u), custom_details: { id: '7' } },
    });
    expect(z.object({ payload: z.object({ summary: z.string() }) }).parse(body).payload.summary).toHaveLength(1_024);
  });
});
