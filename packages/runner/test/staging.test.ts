import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '@orchestra/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { preflightStaging, runStaging, SshTargetError, type StagingOrder } from '../src/index.ts';
import { quotedWord, sshCommand } from '../src/staging/ssh-command.ts';
import { isAlive, processesWith } from './processes-with.ts';
import { freePort, Sshd } from './sshd.ts';
import { tcpServer } from './troubled-servers.ts';

let sshd: Sshd;
beforeAll(async () => {
  sshd = await Sshd.start();
});
afterAll(() => sshd.stop());

const staging = (command: string[], order: Partial<StagingOrder> = {}) =>
  runStaging({ ...sshd.target, command, data: {}, graceMs: 1_000, ...order });
const pidIn = async (name: string) =>
  Number(await until(`a process id in ${name}`, () => readFile(sshd.at(name), 'utf8').catch(() => '')));

describe('a command on a host', () => {
  test('gets what the task brings on its stdin, and none of it is ever run', async () => {
    const data = {
      branch: `'; touch ${sshd.at('pwned')}; echo '`,
      note: `$(touch ${sshd.at('pwned')})\n\`touch ${sshd.at('pwned')}\``,
      '-o': 'ProxyCommand=x',
      more: 'ä€😀 \\n %h',
    };
    const { outcome, tail } = await staging(['cat'], { data });
    expect(outcome.outcome).toBe('passed');
    expect(JSON.parse(tail)).toEqual(data);
    expect(existsSync(sshd.at('pwned'))).toBe(false);
  });

  test('gets each of its words as it is', async () => {
    const words = [
      "it's",
      '$HOME',
      '`id`',
      '$(id)',
      '-n',
      '--',
      'a  b',
      '*',
      '!x',
      '\\',
      '"',
      ';',
      '&&',
      '#',
      '~',
      '',
      'ä€😀',
    ];
    const { tail } = await staging(['sh', '-c', 'for word in "$@"; do printf "[%s]\\n" "$word"; done', 'sh', ...words]);
    expect(tail).toBe(words.map((word) => `[${word}]\n`).join(''));
  });

  test('passes, fails, and is counted, as it would be here', async () => {
    expect(
      await staging(['sh', '-c', 'echo "# tests 2"; echo "# pass 1"; echo "# fail 1"; echo bad >&2; exit 1']),
    ).toMatchObject({
      outcome: {
        outcome: 'failed',
        evidence: {
          row: 'tests_failed',
          exit_code: 1,
          command: ['ssh', `${sshd.target.user}@127.0.0.1`, '--', 'sh', '-c', expect.any(String)],
          lines: ['# tests 2, # pass 1, # fail 1', 'bad'],
        },
      },
      counts: { passed: 1, failed: 1 },
    });
    expect((await staging(['no-such-docker', 'ps'])).outcome).toMatchObject({
      outcome: 'environment',
      evidence: { row: 'shell_found_no_command' },
    });
  });

  test('that complains of its own connections is not taken for a broken channel', async () => {
    const { outcome } = await staging([
      'sh',
      '-c',
      'echo "ssh: connect to host db port 22: Connection refused" >&2; exit 3',
    ]);
    expect(outcome).toMatchObject({ outcome: 'transient', evidence: { row: 'connection_refused' } });
    expect((await staging(['sh', '-c', 'echo "ssh: something of its own" >&2; exit 3'])).outcome.evidence.row).toBe(
      'unknown',
    );
  });

  test('is heard as it speaks', async () => {
    let heard = '';
    const cancel = new AbortController();
    const running = staging(['sh', '-c', 'echo first; while :; do sleep 0.1; done'], {
      onOutput: (chunk) => {
        heard += chunk.toString();
      },
      signal: cancel.signal,
    });
    await until('it is heard', () => heard.includes('first'));
    cancel.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
  });

  test('need not read what it is given', async () => {
    expect((await staging(['true'], { data: { text: 'x'.repeat(300_000) } })).outcome.outcome).toBe('passed');
  });
});

/** Hosts that are reached, and run something else than what they are asked for. */
describe('a host that starts nothing', () => {
  const file = async (text: string) => {
    await writeFile(sshd.at('forced'), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  };
  const asked = async (settings: string[]) => {
    const host = await Sshd.start(...settings);
    try {
      const target = { ...host.target, command: ['/usr/local/bin/check'] };
      return {
        run: await runStaging({ ...target, data: {}, graceMs: 1_000 }),
        preflight: await preflightStaging({ ...target, command: ['sh'] }),
      };
    } finally {
      await host.stop();
    }
  };

  test.each([
    [
      'whose account is shut',
      '/usr/sbin/nologin',
      'account_shut',
      'environment',
      'This account is currently not available.',
    ],
    [
      'whose password has expired',
      'echo "WARNING: Your password has expired." >&2; echo "Password change required but no TTY ' +
        'available." >&2; exit 1',
      'account_shut',
      'environment',
      'Your password has expired',
    ],
    [
      'that says so in words of its own',
      'echo "Dieses Konto ist gesperrt. 1 failed, 0 passed"; exit 1',
      'nothing_begun',
      'environment',
      'Dieses Konto ist gesperrt',
    ],
    ['that says nothing', 'exit 1', 'nothing_begun', 'environment', 'exit code 1 before the command was started'],
    [
      'that is content with everything',
      'echo "# tests 1"; echo "# pass 1"; exit 0',
      'nothing_begun',
      'environment',
      'exit code 0 before the command was started',
    ],
    [
      'that is just starting',
      'echo "System is booting up. Unprivileged users are not permitted to log in yet." >&2; exit 254',
      'host_starts_or_stops',
      'transient',
      'System is booting up',
    ],
  ])('%s', async (_what, script, row, kind, line) => {
    await file(script);
    const { run, preflight } = await asked([`ForceCommand ${sshd.at('forced')}`]);
    expect(run.outcome).toMatchObject({ outcome: kind, evidence: { row } });
    expect(run.counts).toBeNull();
    expect(`${run.outcome.evidence.says} ${run.outcome.evidence.lines.join()}`).toContain(line);
    expect(preflight).toMatchObject({
      ok: false,
      outcome: kind,
      problems: [{ code: row, says: expect.stringContaining(line) }],
    });
  });

  test('and tells why in a banner before it lets nobody in', async () => {
    await writeFile(sshd.at('banner'), 'Your account has expired; please contact your system administrator.\n');
    const { run, preflight } = await asked([`Banner ${sshd.at('banner')}`, `DenyUsers ${sshd.target.user}`]);
    expect(run.outcome).toMatchObject({ outcome: 'environment', evidence: { row: 'account_shut' } });
    expect(preflight.problems[0]?.says).toContain('Your account has expired');
  });

  test('apart from banners and login files, which are no part of what a command prints', async () => {
    await writeFile(sshd.at('banner'), 'Authorised use only.\n');
    await file('echo "Last login: never"; echo "No mail." >&2; eval "$SSH_ORIGINAL_COMMAND"');
    const host = await Sshd.start(`Banner ${sshd.at('banner')}`, `ForceCommand ${sshd.at('forced')}`);
    try {
      const { outcome, tail } = await runStaging({
        ...host.target,
        command: ['sh', '-c', 'echo one; echo bad >&2; exit 1'],
        data: {},
      });
      expect(outcome).toMatchObject({ outcome: 'failed', evidence: { row: 'suite_failed', lines: ['bad'] } });
      expect(tail).toBe('one\n\n--- stderr ---\nbad\n');
    } finally {
      await host.stop();
    }
  });
});

describe('nothing survives on the host', () => {
  const mark = crypto.randomUUID();
  const stubborn = (file: string) => [
    'env',
    `MARK=${mark}`,
    'sh',
    '-c',
    `trap "" TERM; echo $$ > ${file}; (while :; do sleep 0.1; done) & while :; do sleep 0.1; done`,
  ];

  test('the time limit', async () => {
    const running = staging(stubborn(sshd.at('limit')), { timeLimitMs: 8_000 });
    const pid = await pidIn('limit');
    expect((await running).outcome).toMatchObject({ outcome: 'failed', evidence: { row: 'timed_out' } });
    await until('it is gone', () => !isAlive(pid));
    await until('and what it started', () => processesWith(mark).length === 0);
  });

  test('being cancelled', async () => {
    const cancel = new AbortController();
    const running = staging(stubborn(sshd.at('cancel')), { signal: cancel.signal });
    const pid = await pidIn('cancel');
    cancel.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
    await until('it is gone', () => !isAlive(pid));
  });

  test('the end of its command', async () => {
    const { tail } = await staging([
      'env',
      `MARK=${mark}`,
      'sh',
      '-c',
      `(trap "" TERM; while :; do sleep 0.1; done) >/dev/null 2>&1 & echo $! > ${sshd.at('left')}; echo done`,
    ]);
    expect(tail).toBe('done\n');
    const left = await pidIn('left');
    await until('what it left is gone', () => !isAlive(left));
  });
});

describe('the preflight', () => {
  const look = (rest: Partial<Parameters<typeof preflightStaging>[0]> = {}) =>
    preflightStaging({ ...sshd.target, command: ['sh'], ...rest });
  const problem = async (rest: Parameters<typeof look>[0]) => {
    const { ok, outcome, problems, checked_at } = await look(rest);
    expect(ok).toBe(false);
    expect(Date.parse(checked_at)).not.toBeNaN();
    expect(problems).toHaveLength(1);
    expect(problems[0]?.says).not.toBe('');
    expect(problems[0]?.fix).not.toBe('');
    return [problems[0]?.code, outcome];
  };

  test('proves the channel: reached, known, accepted, present', async () => {
    expect(await look()).toMatchObject({
      ok: true,
      outcome: 'passed',
      problems: [],
      checks: [
        { name: 'settings' },
        { name: 'files' },
        { name: 'files' },
        { name: 'channel', ok: true },
        { name: 'command', ok: true },
      ],
    });
  });

  test('a missing command', async () =>
    expect(await problem({ command: ['no-such-docker'] })).toEqual(['command_missing', 'environment']));
  test('a command whose name is an order', async () =>
    expect(await problem({ command: [`$(touch ${sshd.at('pwned')})`] })).toEqual(['command_missing', 'environment']));
  test('a key that is not accepted', async () =>
    expect(await problem({ identityFile: sshd.at('other_key') })).toEqual(['unauthenticated', 'environment']));
  test('a host that is not known', async () =>
    expect(await problem({ knownHostsFile: sshd.at('authorized_keys') })).toEqual([
      'host_key_not_trusted',
      'environment',
    ]));
  test('a host that has changed', async () => {
    const other = (await readFile(sshd.at('other_key.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
    await writeFile(sshd.at('changed_hosts'), `[127.0.0.1]:${sshd.target.port} ${other}\n`);
    expect(await problem({ knownHostsFile: sshd.at('changed_hosts') })).toEqual([
      'host_key_not_trusted',
      'environment',
    ]);
  });
  test('a missing key', async () =>
    expect(await problem({ identityFile: sshd.at('nowhere') })).toEqual(['file_missing', 'environment']));
  test('a missing known-hosts file', async () =>
    expect(await problem({ knownHostsFile: sshd.at('nowhere') })).toEqual(['file_missing', 'environment']));
  test('settings that are none', async () =>
    expect(await problem({ host: '-oProxyCommand=x' })).toEqual(['settings_wrong', 'environment']));
  test('no command', async () => expect(await problem({ command: [] })).toEqual(['settings_wrong', 'environment']));
  test('a port that nobody listens on', async () =>
    expect(await problem({ port: await freePort() })).toEqual(['connection_refused', 'transient']));
  test('a host that there is not', async () => {
    // Whether a resolver can say so for certain is this machine's affair; what it says is judged in either case.
    expect([
      ['no_such_host', 'environment'],
      ['resolver_without_answer', 'transient'],
    ]).toContainEqual(await problem({ host: 'no-such-host.invalid' }));
  });
  test('a host that says nothing', async () => {
    const silent = await tcpServer('keeps silent');
    try {
      expect(await problem({ port: silent.port, connectTimeoutSeconds: 1 })).toEqual([
        'service_timed_out',
        'transient',
      ]);
      const { ok, outcome } = await preflightStaging(
        { ...sshd.target, port: silent.port, command: ['sh'] },
        { timeLimitMs: 300 },
      );
      expect([ok, outcome]).toEqual([false, 'transient']);
    } finally {
      await silent.close();
    }
  });
  test('a machine without ssh', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = join(sshd.folder, 'nothing');
    try {
      expect(await problem({})).toEqual(['missing_command', 'environment']);
    } finally {
      process.env['PATH'] = path;
    }
  });
  test('it leaves nothing behind', () => {
    expect(existsSync(sshd.at('pwned'))).toBe(false);
  });
});

describe('the command line of ssh', () => {
  test("asks nobody, trusts nobody else, and reads nobody's settings", () => {
    const line = sshCommand(
      { user: 'deploy', host: 'staging.example', port: 2222, identityFile: '/k/id', knownHostsFile: '/k/known' },
      ['check', "it's"],
      '/tmp/log',
    );
    expect(line.slice(0, 8)).toEqual(['ssh', '-F', 'none', '-T', '-p', '2222', '-E', '/tmp/log']);
    expect(line).toEqual(
      expect.arrayContaining([
        'BatchMode=yes',
        'StrictHostKeyChecking=yes',
        'UserKnownHostsFile=/k/known',
        'GlobalKnownHostsFile=/dev/null',
        'IdentityFile=/k/id',
        'IdentitiesOnly=yes',
        'ForwardAgent=no',
      ]),
    );
    expect(line.slice(-4)).toEqual(['deploy@staging.example', '--', "'check'", `'it'\\''s'`]);
  });

  test.each([
    { host: '-oProxyCommand=touch /tmp/x' },
    { host: 'a b' },
    { host: '' },
    { host: 'a\n' },
    { host: 'user@host' },
    { host: 'a..b' },
    { host: 'a%h' },
    { host: '$(id)' },
    { user: '-l' },
    { user: 'a b' },
    { user: '' },
    { user: 'a@b' },
    { user: 'a\0' },
    { user: 'dana;id' },
    { port: 0 },
    { port: 70_000 },
    { port: 2.5 },
    { port: Number.NaN },
    { identityFile: 'relative' },
    { identityFile: '/a b' },
    { identityFile: '/%d/id' },
    { identityFile: '/${HOME}/id' },
    { knownHostsFile: '/a /b' },
    { knownHostsFile: 'none' },
    { connectTimeoutSeconds: 0 },
  ])('is refused for %j', (rest) => {
    expect(() =>
      sshCommand(
        { user: 'deploy', host: 'staging', identityFile: '/k/id', knownHostsFile: '/k/known', ...rest },
        ['true'],
        '/tmp/log',
      ),
    ).toThrow(SshTargetError);
  });

  test.each([
    'staging',
    'staging.example.org',
    '10.0.0.1',
    '::1',
    'fe80::1:2',
    '::ffff:10.0.0.1',
    'a_b',
    'xn--nxasmq6b',
  ])('is made for the host %s', (host) => {
    expect(
      sshCommand({ user: 'deploy', host, identityFile: '/k/id', knownHostsFile: '/k/known' }, [], '/tmp/log'),
    ).toContain(`deploy@${host}`);
  });

  test.each(['a\nb', 'a\0b', '\u001B[2J', '\u0085', '\uD800', 'x'.repeat(10_000)])('takes no word like %j', (word) => {
    expect(() => quotedWord(word)).toThrow(SshTargetError);
  });

  test('settings that cannot be used are told before anything is run', async () => {
    await expect(staging(['true'], { host: '-oProxyCommand=x' })).rejects.toThrow(SshTargetError);
    await expect(staging(['true\n'])).rejects.toThrow(SshTargetError);
    await rm(sshd.at('pwned'), { force: true });
  });
});
