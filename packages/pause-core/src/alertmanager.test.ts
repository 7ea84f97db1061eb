import { expect, test } from 'vitest';
import { ALERTMANAGER_LABELS, readAlertmanagerAlert } from './alertmanager.ts';
import { alertmanagerWebhook, type AlertmanagerAlert } from './contract/index.ts';

const alert = (labels: Record<string, string>, more: Partial<AlertmanagerAlert> = {}): AlertmanagerAlert => ({
  status: 'firing',
  labels,
  annotations: {},
  startsAt: '2026-11-21T03:00:00.123456789+01:00',
  fingerprint: 'c6eadffa33fcdf37',
  ...more,
});

test('an alert is about the actor that its label names, of the kind that its name says', () => {
  expect(
    readAlertmanagerAlert(
      alert(
        { alertname: 'RunawayLoop', actor: 'acct-7', severity: 'critical' },
        { annotations: { summary: 'too much' } },
      ),
      ALERTMANAGER_LABELS,
      { receiver: 'orchestra' },
    ),
  ).toMatchObject({
    kind: 'RunawayLoop',
    actor: 'acct-7',
    severity: 'critical',
    details: {
      source: 'alertmanager',
      fingerprint: 'c6eadffa33fcdf37',
      starts_at: '2026-11-21T02:00:00.123Z',
      receiver: 'orchestra',
      labels: { alertname: 'RunawayLoop', actor: 'acct-7', severity: 'critical' },
      annotations: { summary: 'too much' },
    },
  });
});

test.each([
  ['critical', 'critical'],
  ['CRITICAL', 'critical'],
  ['page', 'medium'],
  ['error', 'high'],
  ['warning', 'medium'],
  ['info', 'low'],
  ['none', 'low'],
  ['', 'medium'],
  ['constructor', 'medium'],
  ['__proto__', 'medium'],
])('severity %j is %s here', (theirs, ours) => {
  expect(readAlertmanagerAlert(alert({ actor: 'a', severity: theirs }), ALERTMANAGER_LABELS)?.severity).toBe(ours);
});

test('other labels and other severities by configuration', () => {
  const names = {
    actorLabel: 'account',
    severityLabel: 'level',
    severities: { ...ALERTMANAGER_LABELS.severities, page: 'critical' as const },
  };
  expect(
    readAlertmanagerAlert(alert({ actor: 'not this', account: 'acct-7', level: 'page', severity: 'info' }), names),
  ).toMatchObject({ actor: 'acct-7', severity: 'critical' });
});

test.each([[{}], [{ actor: '' }], [{ actor: '  ' }], [{ actor: 'a\u0000b' }], [{ actor: 'x'.repeat(201) }]])(
  '%j names no actor',
  (labels) => {
    expect(readAlertmanagerAlert(alert(labels), ALERTMANAGER_LABELS)).toBeNull();
  },
);

test('the key is the same for the same fingerprint and start, however the instant is written, and no other', () => {
  const key = (more: Partial<AlertmanagerAlert>): string | undefined =>
    readAlertmanagerAlert(alert({ actor: 'a' }, more), ALERTMANAGER_LABELS)?.key;
  expect(key({ startsAt: '2026-11-21T02:00:00.123Z' })).toBe(key({}));
  expect(key({ startsAt: '2026-11-21T02:00:01.123Z' })).not.toBe(key({}));
  expect(key({ fingerprint: 'other' })).not.toBe(key({}));
});

test('without a fingerprint it is reckoned from the labels, whatever their order', () => {
  const { fingerprint: _none, ...old } = alert({ actor: 'a', b: '1' });
  const { fingerprint: _neither, ...same } = alert({ b: '1', actor: 'a' });
  const { fingerprint: _nor, ...other } = alert({ actor: 'a', b: '2' });
  const key = (one: AlertmanagerAlert): string | undefined => readAlertmanagerAlert(one, ALERTMANAGER_LABELS)?.key;
  expect(key(old)).toBe(key(same));
  expect(key(old)).not.toBe(key(other));
});

test('labels and annotations are bounded, and hold nothing that the database would refuse', () => {
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`l${n}`, 'x'.repeat(50_000)]));
  const read = readAlertmanagerAlert(
    alert(
      { actor: 'a', alertname: 'A\u0000\uD800B'.repeat(300), ...many },
      { annotations: { text: 'NUL \u0000 and \uD800' } },
    ),
    ALERTMANAGER_LABELS,
  );
  expect(JSON.stringify(read).length).toBeLessThan(120_000);
  expect(read?.kind).toBe('alertmanager');
  expect(read?.details['annotations']).toEqual({ text: 'NUL \uFFFD and \uFFFD' });
});

test('what a webhook contact point of Grafana sends is read as well, fields of its own and all', () => {
  const notification = alertmanagerWebhook.parse({
    receiver: 'orchestra',
    status: 'firing',
    orgId: 1,
    groupLabels: { alertname: 'HighLatency' },
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://grafana.example:3000/',
    version: '1',
    groupKey: '{}:{alertname="HighLatency"}',
    truncatedAlerts: 0,
    title: '[FIRING:1] HighLatency',
    state: 'alerting',
    message: '**Firing**',
    alerts: [
      {
        status: 'firing',
        labels: { alertname: 'HighLatency', actor: 'acct-7', severity: 'critical', grafana_folder: 'Fleet' },
        annotations: null,
        startsAt: '2026-11-21T03:00:00Z',
        endsAt: '0001-01-01T00:00:00Z',
        values: { A: 12.5 },
        valueString: "[ var='A' value=12.5 ]",
        generatorURL: 'http://grafana.example:3000/alerting/grafana/x/view',
        fingerprint: '57c6d9296de2ad39',
        silenceURL: 'http://grafana.example:3000/alerting/silence/new',
        dashboardURL: '',
        panelURL: '',
        imageURL: '',
      },
    ],
  });
  const [first] = notification.alerts;
  if (first === undefined) throw new Error('no alert was read');
  expect(
    readAlertmanagerAlert(first, ALERTMANAGER_LABELS, { receiver: notification.receiver, from: 'grafana' }),
  ).toMatchObject({
    key: expect.stringMatching(/^grafana /),
    kind: 'HighLatency',
    actor: 'acct-7',
    severity: 'critical',
    details: { source: 'grafana', annotations: {} },
  });
});
