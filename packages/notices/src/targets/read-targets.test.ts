import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SENATE_EVENT_TYPES } from '@orchestra/pause-core/contract';
import { afterAll, describe, expect, test } from 'vitest';
import { readTargets, TargetsError } from './read-targets.ts';
import { shownAddress } from './target.ts';

const folder = mkdtempSync(join(tmpdir(), 'orchestra-notices-'));
afterAll(() => rmSync(folder, { recursive: true }));

const KEY = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const ENV = {
  HOOK_SECRET: KEY,
  SLACK_URL: 'https://hooks.slack.com/services/T0/B0/verysecret',
  PD_KEY: 'R'.repeat(32),
};

function read(text: string, env: NodeJS.ProcessEnv = ENV) {
  const path = join(folder, 'notices.yaml');
  writeFileSync(path, text);
  return readTargets(path, env);
}

function problemOf(text: string, env: NodeJS.ProcessEnv = ENV): string {
  try {
    read(text, env);
  } catch (error) {
    if (error instanceof TargetsError) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

const STANDARD = `{name: a, kind: standard, url: 'https://example.com/hook', secret: ${KEY}}`;

describe('the file of targets', () => {
  test('names each target, its kind, its address, what it is told of, and its secret by way of the environment', () => {
    const [chat, pager, hook] = read(`
targets:
  - name: chat
    kind: slack
    url: env:SLACK_URL
  - name: pager
    kind: pagerduty
    routing_key: env:PD_KEY
    events: [pause.stayed, 'alert.*']
    min_severity: critical
    scopes: [{kind: actor, value: acct-7}, {kind: quest}]
  - name: hook
    kind: standard
    url: https://example.com/hook?token=1
    secret: [env:HOOK_SECRET, ${KEY}]
    allow_private: true
`);
    expect([...(chat?.types ?? [])]).toEqual(SENATE_EVENT_TYPES.filter((type) => type.startsWith('pause.')));
    expect(chat && shownAddress(chat)).toBe('https://hooks.slack.com/…');
    expect(pager).toMatchObject({
      routingKey: 'R'.repeat(32),
      minSeverity: 'critical',
      scopes: [
        { kind: 'actor', value: 'acct-7' },
        { kind: 'quest', value: undefined },
      ],
      allowPrivate: false,
    });
    expect(pager?.url.href).toBe('https://events.pagerduty.com/v2/enqueue');
    expect([...(pager?.types ?? [])]).toEqual([
      'pause.stayed',
      'alert.created',
      'alert.acknowledged',
      'alert.resolved',
      'pause.cleared',
      'pause.expired',
    ]);
    expect(hook?.keys).toHaveLength(2);
    expect([...(hook?.types ?? [])]).toEqual([...SENATE_EVENT_TYPES]);
    expect(hook && shownAddress(hook)).toBe('https://example.com/hook?…');
  });

  test('may be JSON', () => {
    expect(
      read(JSON.stringify({ targets: [{ name: 'chat', kind: 'slack', url: 'https://example.com/x' }] })),
    ).toHaveLength(1);
  });

  test.each([
    [
      'a name that is none',
      `{targets: [{name: 'A b', kind: slack, url: 'https://e.com'}]}`,
      'targets[0] (A b).name must be 1 to 40 small letters',
    ],
    [
      'an unknown kind',
      `{targets: [{name: a, kind: fax, url: 'https://e.com'}]}`,
      'targets[0] (a).kind must be one of standard, slack, pagerduty',
    ],
    [
      'another protocol',
      `{targets: [{name: a, kind: slack, url: 'ftp://e.com'}]}`,
      'url must begin with https:// or http://',
    ],
    [
      'a password in the address',
      `{targets: [{name: a, kind: slack, url: 'https://u:geheim@e.com'}]}`,
      'url must not hold a user name or a password',
    ],
    ['no address', `{targets: [{name: a, kind: slack}]}`, 'url is required'],
    ['no secret', `{targets: [{name: a, kind: standard, url: 'https://e.com'}]}`, 'secret is required'],
    [
      'a secret that is too short',
      `{targets: [{name: a, kind: standard, url: 'https://e.com', secret: whsec_geheim}]}`,
      'must be whsec_ and 24 to 64 random bytes',
    ],
    [
      'a secret that is not used',
      `{targets: [{name: a, kind: slack, url: 'https://e.com', secret: ${KEY}}]}`,
      'secret belongs to kind standard',
    ],
    ['no routing key', `{targets: [{name: a, kind: pagerduty}]}`, 'routing_key is required'],
    [
      'a variable that is not set',
      `{targets: [{name: a, kind: slack, url: 'env:NOWHERE'}]}`,
      'names the environment variable NOWHERE, which is not set',
    ],
    [
      'an event that is none',
      `{targets: [{name: a, kind: slack, url: 'https://e.com', events: [pause.dreamt]}]}`,
      'is not an event; there are pause.*',
    ],
    ['a field that is none', `{targets: [{name: a, kind: slack, url: 'https://e.com', colour: red}]}`, 'colour'],
    ['two of one name', `{targets: [${STANDARD}, ${STANDARD}]}`, 'two targets have the name a'],
    ['no YAML', `{targets: [`, 'cannot be read'],
    ['nothing', '', 'is wrong'],
  ])('%s is told, and where', (_name, text, told) => {
    const problem = problemOf(text);
    expect(problem).toContain(told);
    expect(problem).not.toMatch(/geheim|verysecret|AQEB/);
  });

  test('every problem is told at once', () => {
    expect(problemOf(`{targets: [{name: a, kind: fax}, {name: b, kind: standard}]}`).match(/targets\[/g)).toHaveLength(
      3,
    );
  });

  test('a file that is not there is told', () => {
    expect(() => readTargets(join(folder, 'nowhere.yaml'), {})).toThrow(/nowhere.yaml cannot be read: ENOENT/);
  });
});
