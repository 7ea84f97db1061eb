import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunnerOutcome } from '@orchestra/task-queue/contract';
import { runnerOutcome } from '@orchestra/task-queue/contract';
import { until } from '@orchestra/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  factsOf,
  judgeOutcome,
  OUTCOME_TABLE,
  runCommand,
  runStaging,
  runTests,
  runToItsEnd,
  type CommandOrder,
} from '../src/index.ts';
import { processesWith } from './processes-with.ts';
import { mountRoom, unmountRoom } from './rooms.ts';
import { freePort, Sshd } from './sshd.ts';
import { nameServer, tcpServer, webServer } from './troubled-servers.ts';

const runId = crypto.randomUUID();
let folder: string;
let sshd: Sshd;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orchestra-outcomes-'));
  sshd = await Sshd.start();
  await script('no-interpreter', '#!/nope/sh\n');
  await script('not-executable', '#!/bin/sh\n', 0o644);
  await writeFile(
    at('failing.mjs'),
    "import { test } from 'node:test'; test('sums', () => { throw new Error('1 + 1 is 3'); });\n",
  );
  await writeFile(at('empty.mjs'), "import { suite } from 'node:test'; suite('nothing yet', () => {});\n");
});
afterAll(async () => {
  await sshd.stop();
  await rm(folder, { recursive: true, force: true });
});

async function script(name: string, text: string, mode = 0o755): Promise<void> {
  await writeFile(at(name), text);
  await chmod(at(name), mode);
}

async function judged(command: readonly string[], order: Partial<CommandOrder> = {}): Promise<RunnerOutcome> {
  const { NODE_TEST_CONTEXT: _ours, ...env } = process.env;
  const end = await runToItsEnd({
    command,
    cwd: folder,
    env: { ...env, ORCHESTRA_RUN_ID: runId },
    timeLimitMs: 30_000,
    graceMs: 300,
    keepBytes: { head: 64_000, tail: 64_000 },
    ...order,
  });
  return judgeOutcome(factsOf(command, end).facts);
}

const shell = (text: string, order: Partial<CommandOrder> = {}) => judged(['/bin/sh', '-c', text], order);
const node = (text: string, ...flags: string[]) => judged([process.execPath, ...flags, '-e', text]);
/** What a tool says that not every machine has, by a process that says it. */
const says = (line: string, exitCode = 1) =>
  judged(['/bin/sh', '-c', 'echo "$1" >&2; exit "$2"', 'tool', line, String(exitCode)]);
const asksName = async (responseCode: 2 | 3) => {
  const server = await nameServer(responseCode);
  try {
    return await node(
      `const r = new (require('dns').Resolver)({ tries: 1 }); r.setServers(['127.0.0.1:${server.port}']); ` +
        `r.resolve4('nosuch.invalid', (e) => { throw e; })`,
    );
  } finally {
    server.close();
  }
};
const staging = (settings: Partial<Parameters<typeof runStaging>[0]>) =>
  runStaging({ ...sshd.target, command: ['true'], data: {}, ...settings }).then(({ outcome }) => outcome);
const connects = (port: number, host = '127.0.0.1') =>
  node(`require('net').connect(${port}, '${host}', function () { this.write('?'); })`);
const smoke = async (path: string) => {
  const web = await webServer();
  try {
    return (
      await runTests({
        command: ['true'],
        folder,
        report: at('report.md'),
        smoke: { checks: [{ url: web.url + path, expects: 'ok' }] },
      })
    ).outcome;
  } finally {
    await web.close();
  }
};
async function with_<S extends { close: () => unknown }, T>(
  started: Promise<S>,
  use: (server: S) => Promise<T>,
): Promise<T> {
  const server = await started;
  try {
    return await use(server);
  } finally {
    await server.close();
  }
}

const COMMIT = 'git add . && git -c user.name=dana -c user.email=dana@example.invalid commit -qm x';

/** For every row of the table, real processes that it decides about. */
const WITNESSES: Readonly<Record<string, Readonly<Record<string, () => Promise<RunnerOutcome>>>>> = {
  failures_counted: {
    'a script that swallows the exit code of its tests': () =>
      shell(`"${process.execPath}" --test failing.mjs || true`),
  },
  nothing_ran: {
    'a suite without tests': () => judged([process.execPath, '--test', '--test-isolation=none', 'empty.mjs']),
  },
  passed: {
    'a suite that passes': () => node("require('node:test').test('sums', () => {})"),
    'a suite that passes and complains of a refused port': () => shell('echo "connect ECONNREFUSED 127.0.0.1:1" >&2'),
  },
  timed_out: {
    'a suite that hangs': () => shell('sleep 600', { timeLimitMs: 200 }),
    'a suite that hangs, with children that ignore TERM': () =>
      shell(
        `sh -c 'trap "" TERM; while :; do sleep 0.1; done' & setsid sh -c 'trap "" TERM; while :; do sleep ` +
          `0.1; done' & wait`,
        { timeLimitMs: 500 },
      ),
    'a suite that hangs while a port is refused': () =>
      shell('while :; do echo "connect ECONNREFUSED 127.0.0.1:1" >&2; sleep 0.05; done', { timeLimitMs: 500 }),
  },
  tests_failed: {
    'a suite that fails': () => judged([process.execPath, '--test', 'failing.mjs']),
    'a suite that fails, and tells of its troubles': () =>
      shell(`"${process.execPath}" --test failing.mjs; echo "connect ECONNREFUSED 127.0.0.1:1" >&2; exit 1`),
    'a suite that fails, and whose script then finds no command': () =>
      shell(`"${process.execPath}" --test failing.mjs; no-such-uploader`),
    'a suite that fails in a container': () =>
      staging({
        command: [
          'sh',
          '-c',
          'echo "=== 1 failed, 2 passed in 0.12s ==="; echo "Error response from daemon: container 3f2a is not ' +
            'running" >&2; exit 1',
        ],
      }),
  },
  missing_folder: { 'a worktree that is gone': () => judged(['true'], { cwd: at('gone') }) },
  missing_interpreter: {
    'a script whose first line names nothing': () => judged([at('no-interpreter')]),
    'the same, found by PATH': () => judged(['no-interpreter'], { env: { PATH: folder, ORCHESTRA_RUN_ID: runId } }),
  },
  missing_command: {
    'a binary by path': () => judged(['/no/such/docker']),
    'a binary by name': () => judged(['no-such-docker']),
  },
  may_not_execute: { 'a file without the right': () => judged([at('not-executable')]) },
  no_room_to_start: {
    'a process without a file descriptor left': async () => {
      const end = await runCommand({
        command: [
          '/bin/sh',
          '-c',
          'ulimit -n 64; exec "$0" "$1"',
          process.execPath,
          fileURLToPath(new URL('fixture-no-files-left.ts', import.meta.url)),
        ],
        env: process.env,
        timeLimitMs: 30_000,
        graceMs: 300,
        keepBytes: { head: 0, tail: 64_000 },
      });
      return runnerOutcome.parse(JSON.parse(end.stdout.text()));
    },
  },
  cannot_start: {
    'a path through a file': () => judged([`${at('failing.mjs')}/x`]),
    'a word that is too long': () => judged(['true', 'x'.repeat(200_000)]),
  },
  shell_may_not_execute: { 'a script that runs a file without the right': () => shell('./not-executable') },
  shell_found_no_command: { 'a script that runs a missing binary': () => shell('no-such-docker ps') },
  killed_from_outside: {
    "the kernel's signal": () => shell('kill -KILL $$'),
    'someone who asks it to end': () => shell('kill -TERM $$'),
    "the kernel's signal to what a shell runs": () => shell("sh -c 'kill -KILL $$'; exit $?"),
    'a command on a host': () => staging({ command: ['sh', '-c', 'kill -KILL $$'] }),
  },
  limit_of_the_system: { 'a file that may not grow': () => shell('ulimit -f 1; yes > grown; exit $?') },
  container_not_ready: Object.fromEntries(
    [
      'Error response from daemon: No such container: app',
      'Error: No such container: app',
      'Error response from daemon: container 3f2a1b is not running',
      'Error response from daemon: Container 3f2a1b is not running',
      'Error response from daemon: Container 3f2a1b is restarting, wait until the container is running',
      'Error response from daemon: Container app is paused, unpause the container before exec',
      'service "app" is not running',
      'service "app" is not running container #1',
      'ERROR: No container found for app_1',
      'dependency failed to start: container db-1 is unhealthy',
      'Error: no container with name or ID "app" found: no such container',
      'Error: can only create exec sessions on running containers: container state improper',
      'FATA[0000] no such container app',
      'error: unable to upgrade connection: container not found ("app")',
      'Error from server (NotFound): pods "app" not found',
    ]
      .map((line): [string, () => Promise<RunnerOutcome>] => [line, () => says(line)])
      .concat([
        [
          'a container on a host',
          () =>
            staging({
              command: ['sh', '-c', 'echo "Error response from daemon: container 3f2a1b is not running" >&2; exit 1'],
            }),
        ],
        [
          'a container, behind make and on stdout',
          () =>
            shell(
              '(echo "service \\"app\\" is not running" >&2; echo "make: *** [Makefile:2: test] Error 1" >&2) ' +
                '2>&1; exit 2',
            ),
        ],
      ]),
  ),
  no_docker: Object.fromEntries(
    [
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      "ERROR: Couldn't connect to Docker daemon at http+docker://localhost - is it running?",
      'failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct ' +
        'and if the daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory',
      'permission denied while trying to connect to the Docker daemon socket at ' +
        'unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.24/containers/app/json": ' +
        'dial unix /var/run/docker.sock: connect: permission denied',
      'Cannot connect to Podman. Please verify your connection to the Linux system using `podman system ' +
        'connection list`',
      "docker: 'compose' is not a docker command.",
    ].map((line) => [line, () => says(line)]),
  ),
  container_engine_refuses: Object.fromEntries(
    [
      'no such service: app',
      'Error response from daemon: No such image: app:latest',
      'docker: Error response from daemon: pull access denied for app, repository does not exist or may ' +
        "require 'docker login'",
      'no configuration file provided: not found',
      'the input device is not a TTY',
      'Error response from daemon: client version 1.44 is too new. Maximum supported API version is 1.41',
    ].map((line) => [line, () => says(line)]),
  ),
  container_engine_failed: Object.fromEntries(
    [
      'Error response from daemon: i/o timeout',
      'error during connect: Get "http://%2F%2F.%2Fpipe%2Fdocker_engine/_ping": EOF',
      'OCI runtime exec failed: exec failed: unable to start container process: read init-p: connection lost: unknown',
      'request returned Internal Server Error for API route and version ' +
        'http://%2Fvar%2Frun%2Fdocker.sock/v1.24/containers/app/exec, check if the server supports the ' +
        'requested API version',
    ].map((line) => [line, () => says(line)]),
  ),
  test_tool_missing: {
    'a Python without pytest': () => says('/usr/bin/python3: No module named pytest'),
    'a Python of a virtual environment': () => says('/app/.venv/bin/python: No module named pytest'),
    'the same on a host': () =>
      staging({ command: ['sh', '-c', 'echo "/usr/bin/python3: No module named pytest" >&2; exit 1'] }),
  },
  pytest_asked_wrongly: {
    'a path that is not there': () => says('ERROR: file or directory not found: tests/unit', 4),
    'a test that is not there': () => says('ERROR: not found: /srv/t.py::test_nosuch', 4),
    'an option of a plugin that is not there': () =>
      says('ERROR: usage: __main__.py [options] [file_or_dir] [file_or_dir] [...]', 4),
    'the same behind make and on stdout': () =>
      shell(
        '(echo "ERROR: file or directory not found: tests/unit"; echo; echo "make: *** [Makefile:2: test] ' +
          'Error 4") 2>&1; exit 2',
      ),
  },
  pytest_usage_error: {
    'a plugin that is not there': () => says('ERROR: Missing required plugins: pytest-asyncio', 4),
  },
  account_shut: {
    'a login shell that lets nobody in': () => shell('/usr/sbin/nologin'),
    'a password that has expired': () => says('WARNING: Your password has expired.'),
  },
  git_filter_missing: {
    'a clone whose filter is not installed': () =>
      shell(
        'git init -q lfs && cd lfs && echo "*.bin filter=lfs" > .gitattributes && echo x > a.bin && ' +
          `${COMMIT} && rm a.bin && git -c filter.lfs.process="git-lfs filter-process" -c ` +
          'filter.lfs.required=true checkout -q .; exit 1',
        { env: { PATH: '/usr/bin:/bin', HOME: folder, GIT_CONFIG_GLOBAL: '/dev/null', ORCHESTRA_RUN_ID: runId } },
      ),
    'what git says without it': () => says("git: 'lfs' is not a git command. See 'git --help'."),
  },
  host_starts_or_stops: {
    'what PAM says': () =>
      says(
        'System is booting up. Unprivileged users are not permitted to log in yet. Please come back later. ' +
          'For technical details, see pam_nologin(8).',
        255,
      ),
  },
  file_watchers_used_up: {
    'what Node.js says': () => says("Error: ENOSPC: System limit for number of file watchers reached, watch '/srv'"),
  },
  disk_full: {
    'a device that is always full': () => shell('cat failing.mjs > /dev/full'),
    'a small disk': async () => {
      const room = at('room');
      if (!(await mountRoom(room, 'size=64k'))) return shell('cat failing.mjs > /dev/full');
      try {
        return await node(`require('fs').writeFileSync(${JSON.stringify(join(room, 'file'))}, 'x'.repeat(1 << 20))`);
      } finally {
        await unmountRoom(room);
      }
    },
    'a report that finds no room': async () => {
      const room = at('report-room');
      if (!(await mountRoom(room, 'size=4k'))) return shell('cat failing.mjs > /dev/full');
      try {
        await writeFile(join(room, 'filled'), 'x'.repeat(4_096));
        return (await runTests({ command: ['true'], folder, report: join(room, '13-test-report.md') })).outcome;
      } finally {
        await unmountRoom(room);
      }
    },
  },
  memory_used_up: {
    'a heap that runs out': () =>
      node('const held = []; for (;;) held.push(new Array(100_000).fill(0.5))', '--max-old-space-size=16'),
    'a limit of memory': () => shell('ulimit -v 200000; exec dd if=/dev/zero of=/dev/null bs=1G count=1'),
  },
  processes_or_files_used_up: {
    'files that nobody closes': () =>
      shell(`ulimit -n 64; exec "${process.execPath}" -e "for (;;) require('fs').openSync('/dev/null')"`),
  },
  resolver_without_answer: {
    'a name server that cannot say': () => asksName(2),
    'what the system says': () => says('ssh: Could not resolve hostname db: Temporary failure in name resolution', 255),
  },
  connection_refused: {
    'a port that nobody listens on': async () => connects(await freePort()),
    'a host without an ssh server': async () => staging({ port: await freePort() }),
    'a smoke of a service that is down': async () =>
      (
        await runTests({
          command: ['true'],
          folder,
          report: at('report.md'),
          smoke: { checks: [{ url: `http://127.0.0.1:${await freePort()}/livez`, expects: 'ok' }] },
        })
      ).outcome,
  },
  connection_reset: {
    'a server that resets': () => with_(tcpServer('resets'), ({ port }) => connects(port)),
    'an ssh server that resets': () => with_(tcpServer('resets'), ({ port }) => staging({ port })),
  },
  service_timed_out: {
    'an ssh server that says nothing': () =>
      with_(tcpServer('keeps silent'), ({ port }) => staging({ port, connectTimeoutSeconds: 1 })),
    'a smoke that is not answered': () =>
      with_(
        webServer(),
        async ({ url }) =>
          (
            await runTests({
              command: ['true'],
              folder,
              report: at('report.md'),
              smoke: { checks: [{ url: `${url}/silent`, expects: 'ok' }], timeLimitMs: 300 },
            })
          ).outcome,
      ),
  },
  // TCP cannot go to a group of hosts, whatever the routes are.
  network_unreachable: { 'an address without a way': () => connects(80, '224.0.0.1') },
  service_overloaded: { 'a smoke that is turned away': () => smoke('/503') },
  no_such_host: {
    'a name server that knows of none': () => asksName(3),
    'what the system says': () => says('ssh: Could not resolve hostname db: Name or service not known', 255),
  },
  host_key_not_trusted: {
    'a host whose key is not known': () => staging({ knownHostsFile: sshd.at('authorized_keys') }),
  },
  unauthenticated: {
    'a key that the host does not accept': () => staging({ identityFile: sshd.at('other_key') }),
    'a smoke without a token': () => smoke('/401'),
  },
  redirected_elsewhere: { 'a smoke that is sent away': () => smoke('/away') },
  certificate_not_trusted: {
    'what curl says': () => says('curl: (60) SSL certificate problem: self-signed certificate', 60),
  },
  command_not_found_inside: {
    'a script with an exit code of its own': () => shell('no-such-docker ps; exit 1'),
    'a script by path': async () => {
      await script('check.sh', '#!/bin/sh\nno-such-docker ps\nexit 1\n');
      return judged([at('check.sh')]);
    },
    'a program in Node.js': () => node("require('child_process').spawn('no-such-docker')"),
  },
  library_missing: {
    'what the loader says': () => says("./tool: /lib/libc.so.6: version `GLIBC_2.99' not found (required by ./tool)"),
  },
  read_only_disk: {
    'a disk that can only be read': async () => {
      const room = at('read-only');
      if (!(await mountRoom(room, 'ro,size=64k')))
        return says(`touch: cannot touch '${room}/x': Read-only file system`);
      try {
        return await shell(`touch "${room}/x"`);
      } finally {
        await unmountRoom(room);
      }
    },
  },
  no_permission: {
    'a file of somebody else': async () => {
      await writeFile(at('secret'), 'x', { mode: 0o000 });
      // root may read it all the same; nobody may not even enter the folder.
      return process.getuid?.() === 0
        ? judged(['setpriv', '--reuid=65534', '--clear-groups', 'cat', at('secret')], { cwd: '/' })
        : judged(['cat', at('secret')]);
    },
  },
  git_filter_failed: {
    'a filter without its key': () =>
      shell(
        'git init -q vault && cd vault && echo "*.key filter=vault" > .gitattributes && echo x > a.key && ' +
          `${COMMIT} && rm a.key && git -c filter.vault.smudge=false -c filter.vault.required=true checkout -q .`,
      ),
  },
  ssh_could_not_connect: {
    'a server of another time': () => with_(tcpServer('speaks an old ssh'), ({ port }) => staging({ port })),
  },
  crashed: {
    'a program that crashes': () => shell('kill -SEGV $$'),
    'a shell that tells of it': () => shell("sh -c 'kill -SEGV $$'; exit $?"),
  },
  suite_failed: {
    'a suite that fails, of a kind that is not known': () => shell('echo "2 of 3 checks are red"; exit 1'),
  },
  unknown: {
    'an exit code of its own': () => shell('exit 42'),
    'a signal of its own': () => shell('kill -USR1 $$'),
    'a command on a host that ends as ssh does': () => staging({ command: ['sh', '-c', 'exit 255'] }),
  },
};

test('every row has a witness, and every witness a row', () => {
  expect(Object.keys(WITNESSES)).toEqual(OUTCOME_TABLE.map(({ name }) => name));
});

describe.each(OUTCOME_TABLE.map((row) => [row.name, row] as const))('%s', (name, row) => {
  test.each(Object.entries(WITNESSES[name] ?? {}))('%s', async (_who, witness) => {
    const found = await witness();
    expect(found.evidence.row, JSON.stringify(found)).toBe(name);
    expect(found.outcome).toBe(row.outcome);
    expect(runnerOutcome.parse(found)).toEqual(found);
    // All that is to be filled in is, and what decided is shown.
    expect(found.evidence.says + (found.evidence.fix ?? '')).not.toMatch(/\{\w+\}/);
    if (row.when.last_words !== undefined)
      expect(found.evidence.lines.some((line) => row.when.last_words?.some((pattern) => pattern.test(line)))).toBe(
        true,
      );
    if (row.when.stderr !== undefined)
      expect(found.evidence.lines.some((line) => row.when.stderr?.some((pattern) => pattern.test(line)))).toBe(true);
  });
});

test('nothing that was run for it survives', async () => {
  await expect(until('nothing does', () => processesWith(runId).length === 0)).resolves.toBe(true);
});
