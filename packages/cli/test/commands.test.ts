// Every command against running services.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pauseReceipt } from '@orchestra/pause-core/contract';
import { until } from '@orchestra/testkit';
import { beforeEach, expect, test } from 'vitest';
import { testOrchestra } from './test-orchestra.ts';

const running = testOrchestra();
const { database, run, json } = running;
beforeEach(running.empty);

const PAUSE = {
  id: expect.stringMatching(/^\d+$/),
  scope_kind: 'agent',
  scope_value: 'skeptic',
  also: null,
  reason: 'runaway loop',
  source: 'person',
  paused_at: expect.any(String),
  paused_by: 'admin',
  ttl_seconds: 1_800,
  expires_at: expect.any(String),
  cleared_at: null,
  cleared_by: null,
  // Nothing was in flight, so it is quiet within moments: by the time of the answer, or not yet.
  quiet_at: expect.toBeOneOf([null, expect.any(String)]),
  then: 'resume',
  stayed_at: null,
  probing_at: null,
  probe_task_id: null,
  warned_at: null,
};

test('short forms do what the commands do; a pause is shown by its scope, before and after its end', async () => {
  await run(['task', 'add', '--agent', 'skeptic']);
  const paused = pauseReceipt.parse(await json(['pause', 'agent', 'skeptic', '--reason', 'short']));
  expect(await json(['status'])).toMatchObject({ pauses: [{ id: paused.id }], queue: { counts: { queued: 1 } } });
  expect((await run(['status'])).stdout).toMatch(/agent skeptic[^]*queued/);
  expect(await json(['senate', 'show', 'agent', 'skeptic'])).toMatchObject({
    pause: { id: paused.id, cleared_at: null },
  });
  const {
    tasks: [task],
  } = await running.client.tasks();
  expect(await json(['why', task?.id ?? ''])).toMatchObject({ task_id: task?.id, status: 'queued' });
  expect((await run(['unpause', 'agent', 'skeptic'])).code).toBe(0);
  expect(await json(['senate', 'show', 'agent', 'skeptic'])).toMatchObject({
    pause: { id: paused.id, cleared_by: 'admin' },
  });
  expect(await run(['senate', 'show', 'agent', 'never'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('agent never has never been paused'),
  });
  expect(await run(['senate', 'show', 'agent'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('KIND needs a VALUE'),
  });
});

test('-h is --help; a slip of the hand is told what was meant, and a flag without its value an example', async () => {
  expect((await run(['senate', 'pause', '-h'])).stdout).toBe((await run(['senate', 'pause', '--help'])).stdout);
  for (const [args, hint] of [
    [['senate', 'puase', 'agent', 'x'], 'did you mean `orchestra senate pause`?'],
    [['pause', 'agnt', 'x', '--reason', 'r'], 'did you mean agent?'],
    [['pause', 'agent', 'x', '--resaon', 'r'], 'did you mean --reason?'],
    [['pause', 'agent', 'x', '--reason', 'r', '--ttl'], 'for example --ttl 30m'],
  ] as const)
    expect(await run([...args])).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(hint) });
});

test('senate pause answers the receipt; pauses, check and unpause follow', async () => {
  await run(['task', 'add', '--agent', 'skeptic']);
  const receipt = await json(['senate', 'pause', 'agent', 'skeptic', '--reason', 'runaway loop', '--ttl', '30m']);
  expect(receipt).toEqual({
    ...PAUSE,
    label_known: true,
    settled: true,
    durable: 'local',
    gates: { connected: 0, confirmed: 0 },
    attached: [],
    stop: null,
    not_read: null,
    in_flight: [],
    in_flight_count: 0,
    claimed_ahead: [],
    claimed_ahead_count: 0,
    queued: 1,
    queued_more: false,
  });
  expect(await json(['senate', 'pauses'])).toEqual({
    pauses: [
      {
        ...PAUSE,
        age_seconds: expect.any(Number),
        remaining_seconds: expect.any(Number),
        in_flight_count: 0,
        claimed_ahead_count: 0,
        queued: 1,
        queued_more: false,
        quiet: true,
      },
    ],
  });
  expect(await json(['senate', 'pauses', 'agent', 'other'])).toEqual({ pauses: [] });

  const check = await run(['senate', 'check', '--agent', 'skeptic', '--json']);
  expect(check.code).toBe(3);
  expect(JSON.parse(check.stdout)).toMatchObject({
    paused: true,
    reason: 'runaway loop',
    stale: false,
    pause: { scope_value: 'skeptic' },
  });
  // Whether a label is known is left out where the database is too busy to say so in time.
  const ofScribe = await until('the labels were looked up in time', async () => {
    const ended = await run(['senate', 'check', '--agent', 'scribe']);
    return ended.stderr === '' ? undefined : ended;
  });
  expect(ofScribe).toEqual({
    code: 0,
    stdout: 'not paused\n',
    stderr: expect.stringContaining('NOT KNOWN: no task, run, worker or pause has ever carried agent scribe'),
  });
  expect(await run(['senate', 'unpause', 'agent', 'skeptik'])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining(
      'NOT KNOWN: no task, run, worker or pause has ever carried agent skeptik; near it: skeptic (0 in flight, 1 waiting)',
    ),
  });

  expect(await json(['senate', 'unpause', 'agent', 'skeptic'])).toMatchObject({
    cleared: [{ scope_value: 'skeptic', cleared_by: 'admin' }],
    still_paused: [],
  });
  expect(await run(['senate', 'unpause', 'agent', 'skeptic'])).toEqual({
    code: 1,
    stdout: 'agent skeptic was not paused; nothing to clear\n',
    stderr: '',
  });
});

test('--wait-gates waits until every connected gate has confirmed; show tells which has not, and who met the pause', async () => {
  const gate = { id: crypto.randomUUID(), name: 'box:7', kind: 'brake', host: 'box', stops_when_unknown: true };
  await running.client.reportGate({ ...gate, known_pauses: [] });
  const late = await run([
    'senate',
    'pause',
    'agent',
    'gated',
    '--reason',
    'r',
    '--wait-gates',
    '--wait-timeout',
    '1s',
    '--json',
  ]);
  const { id, wait_gates: waited } = JSON.parse(late.stdout);
  expect([late.code, waited]).toEqual([4, { outcome: 'not_in_time', gates: { connected: 1, confirmed: 0 } }]);
  expect((await run(['senate', 'show', id])).stdout).toContain('not yet: box:7 (brake, token admin)');
  await running.client.reportGate({
    ...gate,
    known_pauses: [id],
    refusals: [{ pause_id: id, agent_id: 'gated', skill: 'Bash', refused: 14, first_ago_ms: 10, last_ago_ms: 0 }],
  });
  const { stdout } = await run(['senate', 'show', id]);
  expect(stdout).toContain('gates: the one connected has confirmed it');
  expect(stdout).toMatch(/refused 14 times by 1 gate, last \ds ago\n.*GATE.*\n.*box:7 +admin +gated +Bash +14/);
  // Its next report names every pause that there will be.
  const waiting = run(['senate', 'pause', 'agent', 'gated-too', '--reason', 'r', '--wait-gates']);
  const next = await until('the pause is made', async () =>
    (await running.client.allPauses()).find(({ scope_value: value }) => value === 'gated-too'),
  );
  await running.client.reportGate({ ...gate, known_pauses: [next.id] });
  expect(await waiting).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('confirmed by the one gate that is connected'),
  });
  await running.client.reportGate({ ...gate, leaving: true });
  await running.empty();
});

test('for people the receipt is a few lines, with the runs in flight and how to end it', async () => {
  await run(['task', 'add', '--agent', 'skeptic', '--skill', 'debate']);
  await running.client.claim({ worker: 'test-worker' });
  await run(['task', 'add', '--agent', 'skeptic']);
  const { stdout, code } = await run(['senate', 'pause', 'agent', 'skeptic', '--reason', 'runaway loop']);
  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(/^paused agent skeptic until somebody clears it \(pause \d+, by admin\): runaway loop$/),
    'settled: from now on none of its tasks starts',
    'in flight: 1 task still running (it will finish normally)',
    expect.stringMatching(/^ {2}TASK {2}AGENT {4}SKILL {3}SINCE +WORKER$/),
    expect.stringMatching(/^ {2}1 {5}skeptic {2}debate {2}\d+s ago \(.*Z\) {2}test-worker$/),
    'waiting: 1 queued task paused (its place is kept)',
    expect.stringMatching(/^to stop what runs: orchestra task stop --pause \d+ --reason …$/),
    'to end it: orchestra senate unpause agent skeptic',
    '',
  ]);
});

test('--dry-run tells what a pause would hold and writes nothing', async () => {
  await run(['task', 'add', '--quest', 'q-7']);
  expect(await json(['senate', 'pause', 'quest', 'q-7', '--reason', 'wrong brief', '--dry-run'])).toMatchObject({
    dry_run: true,
    queued: 1,
    other_pauses: [],
  });
  expect(await json(['senate', 'pauses'])).toEqual({ pauses: [] });
});

test('P7 one pause is ended by its id, and what still holds is told', async () => {
  const first = (await json(['senate', 'pause', 'actor', 'a-1', '--reason', 'one'])) as { id: string };
  await json(['senate', 'pause', 'actor', 'a-1', '--reason', 'two', '--until-cleared']);
  const ended = await run(['senate', 'unpause', '--id', first.id]);
  expect(ended.stdout).toMatch(
    new RegExp(`^cleared pause ${first.id} on actor a-1\\nstill: actor a-1 is paused by admin since .*: two\\n$`),
  );
  expect(await run(['senate', 'unpause', '--id', first.id])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('was cleared by admin at'),
  });
});

test.each([
  [
    'a ttl without a unit',
    ['senate', 'pause', 'agent', 'x', '--reason', 'r', '--ttl', '90'],
    '"90" has no unit: say 90s or 90m',
  ],
  ['no reason', ['senate', 'pause', 'agent', 'x'], 'Missing required flag reason'],
  ['a blank reason', ['senate', 'pause', 'agent', 'x', '--reason', ' '], 'reason: must not be blank'],
  [
    'an unknown kind',
    ['senate', 'pause', 'persona', 'x', '--reason', 'r'],
    'Expected persona to be one of: agent, skill, quest, actor',
  ],
  ['no value', ['senate', 'pause', 'agent', '--reason', 'r'], 'KIND needs a VALUE'],
  ['no scope', ['senate', 'pause', '--reason', 'r'], 'say what to pause'],
  ['two agents', ['senate', 'pause', 'agent', 'x', '--agent', 'y', '--reason', 'r'], 'a task carries one agent'],
  [
    '--ttl and --until-cleared',
    ['senate', 'pause', 'agent', 'x', '--reason', 'r', '--ttl', '5m', '--until-cleared'],
    'cannot also be provided',
  ],
  ['nothing to unpause', ['senate', 'unpause'], 'say what to unpause'],
  ['a scope and an id', ['senate', 'unpause', 'agent', 'x', '--id', '1'], 'not both'],
  ['nothing to check', ['senate', 'check'], 'say what to check'],
  ['an id that is none', ['task', 'show', 'abc'], 'id: must be an id: digits only'],
  ['a payload that is no JSON', ['task', 'add', '--payload', '{'], '--payload is not JSON'],
  ['a payload that is no object', ['task', 'add', '--payload', '[1]'], 'payload: '],
  ['a worker without a command', ['worker', '--skill', 'lint'], 'say what to run'],
  ['a worker with a command that is not there', ['worker', 'list'], 'cannot start list: no folder of PATH has it'],
  [
    'a worker with a file that is not there',
    ['worker', '--', './no-such.sh'],
    'cannot start ./no-such.sh: there is no',
  ],
  ['an unknown flag', ['queue', '--bogus'], 'Nonexistent flag: --bogus'],
  ['an unknown command', ['senate', 'explode'], 'there is no command senate explode'],
])('wrong usage ends with 2 and one message: %s', async (_what, args, message) => {
  const ended = await run(args);
  expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
  expect(ended.stderr).not.toMatch(/\n\s+at /);
});

test('under --json an error is JSON on stdout too, with its code', async () => {
  const refused = await run(['task', 'show', '4711', '--json']);
  expect(refused.code).toBe(1);
  expect(JSON.parse(refused.stdout)).toEqual({
    error: { code: 'task_not_found', message: expect.stringContaining('4711') },
  });
  const misused = await run(['task', 'show', 'abc', '--json']);
  expect(misused.code).toBe(2);
  expect(JSON.parse(misused.stdout)).toEqual({
    error: { code: 'wrong_usage', message: 'id: must be an id: digits only' },
  });
});

test('tasks are added one by one, from a file, from standard input, and are shown', async () => {
  expect(
    await json([
      'task',
      'add',
      '--agent',
      'skeptic',
      '--skill',
      'debate',
      '--priority',
      '-2',
      '--payload',
      '{"file":"README.md"}',
    ]),
  ).toEqual({ ids: ['1'] });
  const file = join(running.folder, 'tasks.ndjson');
  await writeFile(file, '{"agent_id":"scribe"}\n\n{"priority":5,"quest_id":"other"}\n');
  expect(await run(['task', 'add', '--quest', 'q-1', '--from', file])).toEqual({
    code: 0,
    stdout: '2\n3\n',
    stderr: 'added 2 tasks\n',
  });
  expect(await json(['task', 'add', '--payload', '-'], { input: '{"from":"stdin"}' })).toEqual({ ids: ['4'] });
  expect(await json(['task', 'add', '--from', '-'], { input: '{}\n' })).toEqual({ ids: ['5'] });

  expect(await json(['task', 'show', '1'])).toMatchObject({
    id: '1',
    status: 'queued',
    agent_id: 'skeptic',
    skill: 'debate',
    priority: -2,
    payload: { file: 'README.md' },
    created_by: 'admin',
  });
  expect(await json(['task', 'list', '--quest', 'q-1'])).toMatchObject({
    tasks: [{ id: '2', agent_id: 'scribe' }],
    more: false,
  });
  expect(await json(['task', 'list', '--limit', '2'])).toMatchObject({ tasks: [{ id: '5' }, { id: '4' }], more: true });
  expect(await json(['task', 'events', '1'])).toMatchObject({
    events: [{ task_id: '1', kind: 'queued', by: 'admin' }],
    more: false,
  });
  expect(await json(['queue'])).toMatchObject({
    counts: { queued: 5, running: 0 },
    pauses: { active: 0 },
    reaper: { reaped_total: 0 },
  });
});

test('a wrong line in a file is named, and nothing of it is added', async () => {
  const file = join(running.folder, 'wrong.ndjson');
  await writeFile(file, '{"agent_id":"scribe"}\n{"agent":"scribe"}\n');
  expect(await run(['task', 'add', '--from', file])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining(`${file} line 2: Unrecognized key: "agent"`),
  });
  expect(await json(['task', 'list'])).toEqual({ tasks: [], more: false });
});

test('alerts are listed and acknowledged', async () => {
  await database.pool.query(
    "insert into senate_alerts (kind, ref_id, severity) values ('latency', 'a-9', 'high'), ('cost', 'a-8', 'low')",
  );
  const { alerts } = (await json(['senate', 'alerts', '--actor', 'a-9'])) as { alerts: { id: string }[] };
  expect(alerts).toMatchObject([{ kind: 'latency', ref_id: 'a-9', severity: 'high', ack_at: null }]);
  expect(await json(['senate', 'alerts', 'ack', alerts[0]?.id ?? ''])).toMatchObject({ ack_by: 'admin' });
  expect(await json(['senate', 'alerts', '--unacknowledged'])).toMatchObject({
    alerts: [{ ref_id: 'a-8' }],
    more: false,
  });
});

test('what others wrote cannot draw on the terminal', async () => {
  await database.pool.query('alter table senate_pause disable trigger senate_pause_well_formed'); // a row from before
  await database.pool.query(
    "insert into senate_pause (scope_kind, scope_value, reason, paused_by) values ('agent', " +
      "E'x\\u001b[2J', E'red \\u001b[31m\\u202e', E'me\\n')",
  );
  const shown = await run(['senate', 'pauses']);
  expect(shown.stdout).toContain('red \\x1b[31m\\u202e');
  expect(shown.stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
  const printed = await run(['senate', 'pauses', '--json']);
  expect(printed.stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(JSON.parse(printed.stdout)).toMatchObject({
    pauses: [{ scope_value: 'x\u001b[2J', reason: 'red \u001b[31m\u202e', paused_by: 'me\n' }],
  });
});

test('a token is written to a new file that only its owner may read, and to none that is there', async () => {
  const file = join(running.folder, 'hands-token');
  expect(
    await run(['token', 'create', 'hands in a file', '--role', 'worker', '--agent', 'skeptic', '--file', file]),
  ).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining(`written to ${file}`) });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const ORCHESTRA_TOKEN_FILE = file;
  expect(
    await run(['task', 'add', '--agent', 'skeptic', '--skill', 'in-a-file'], { env: { ORCHESTRA_TOKEN_FILE } }),
  ).toMatchObject({ code: 0 });
  expect(
    await run(['task', 'add', '--agent', 'librarian', '--skill', 'in-a-file'], { env: { ORCHESTRA_TOKEN_FILE } }),
  ).toMatchObject({ code: 1, stderr: expect.stringContaining('skeptic') });
  const before = readFileSync(file, 'utf8');
  expect(await run(['token', 'create', 'second', '--role', 'worker', '--file', file])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('is there already'),
  });
  expect(readFileSync(file, 'utf8')).toBe(before);
  // Its name is taken, so there is no token, and no file for it.
  expect(await run(['token', 'create', 'hands in a file', '--role', 'worker', '--file', `${file}-2`])).toMatchObject({
    code: 1,
  });
  expect(existsSync(`${file}-2`)).toBe(false);
});

test('a token is made, works under its name and role, is listed and revoked', async () => {
  const { token } = (await json(['token', 'create', 'night shift', '--role', 'operator', '--expires', '90d'])) as {
    token: string;
  };
  const paused = await json(['senate', 'pause', 'skill', 'debate', '--reason', 'r'], {
    env: { ORCHESTRA_TOKEN: token },
  });
  expect(paused).toMatchObject({ paused_by: 'night shift' });
  expect(await run(['token', 'create', 'night shift', '--role', 'viewer'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('a living token is named night shift'),
  });
  expect(await json(['token', 'list'])).toMatchObject({
    tokens: expect.arrayContaining([
      expect.objectContaining({ name: 'night shift', role: 'operator' }),
      expect.objectContaining({ name: 'admin', role: 'admin' }),
    ]),
  });
  const { stdout: worker } = await run(['token', 'create', 'hands', '--role', 'worker']);
  const refused = await run(['senate', 'unpause', 'skill', 'debate'], { env: { ORCHESTRA_TOKEN: worker.trim() } });
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(await run(['token', 'revoke', 'hands'])).toEqual({ code: 0, stdout: 'revoked hands\n', stderr: '' });
  expect(await run(['token', 'revoke', 'hands'])).toMatchObject({ code: 1 });
  const unknown = await run(['senate', 'pauses'], { env: { ORCHESTRA_TOKEN: `orc_${'x'.repeat(43)}` } });
  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('check ORCHESTRA_TOKEN') });
});

test('db migrate says that there is nothing to do', async () => {
  expect(await json(['db', 'migrate'])).toEqual({ applied: 0, total: expect.any(Number) });
});

test('any command is a worker: exit code 0 is done, anything else failed, the output is kept', async () => {
  await run(['task', 'add', '--skill', 'lint', '--payload', '{"say":"hello"}']);
  await run(['task', 'add', '--skill', 'lint', '--payload', '{"say":"","n":1}', '--max-attempts', '1']);
  await run(['task', 'add', '--skill', 'other']);
  const program =
    'let s="";process.stdin.on("data",d=>s+=d).on("end",()=>{const ' +
    '{say}=JSON.parse(s);console.log(say);process.exit(say?0:7)})';
  const worker = running.start([
    'worker',
    '--skill',
    'lint',
    '--concurrency',
    '2',
    '--json',
    '--',
    process.execPath,
    '-e',
    program,
  ]);
  await until('both have ended', () => worker.jsonLines().length === 2, 60_000);
  expect(worker.jsonLines()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ event: 'finished', task_id: '1' }),
      expect.objectContaining({ event: 'failed', task_id: '2', status: 'failed' }),
    ]),
  );
  expect(worker.stderr).toMatch(/^task 1 \(lint\): done in /m);
  expect(worker.stderr).toMatch(/^task 2 \(lint\): failed in .*exit code 7/m);
  worker.child.kill('SIGINT');
  expect(await worker.ended()).toBe(0);
  expect(await json(['task', 'show', '1'])).toMatchObject({
    status: 'succeeded',
    result: { exit_code: 0, stdout: 'hello\n' },
  });
  expect(await json(['task', 'show', '3'])).toMatchObject({ status: 'queued' });
});
