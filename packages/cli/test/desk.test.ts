// What goes on for a while: waiting until quiet, following changes, a task and the queue, and the proof of the brake.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FaultProxy, HOSTILE_STRINGS, until } from '@orchestra/testkit';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { onTerminal } from './on-terminal.ts';
import { RUN, type Going } from './orchestra.ts';
import { testOrchestra } from './test-orchestra.ts';

const running = testOrchestra({ clientName: 'admin of the test' });
const { database, run, start } = running;
beforeEach(running.empty);

async function claimOne(agent: string): Promise<{ id: string; run_id: string }> {
  await running.client.enqueue({ agent_id: agent });
  const {
    tasks: [task],
  } = await running.client.claim({ worker: 'w-1', agents: [agent], wait_seconds: 10 });
  if (task === undefined) throw new Error('there was nothing to claim');
  return task;
}

const lastLine = (command: Going | undefined): string => command?.stdout.trim().split('\n').at(-1) ?? '';
const lines = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line): unknown => JSON.parse(line));

describe('senate pause --wait', () => {
  test('returns 0 once the last run has ended, and says on stderr how it drains', async () => {
    const first = await claimOne('skeptic');
    const second = await claimOne('skeptic');
    const waiting = start(['senate', 'pause', 'agent', 'skeptic', '--reason', 'r', '--wait', '--json']);
    await until('it waits', () => waiting.stderr.includes('draining: 2 of 2 runs in flight'), 60_000);
    await running.client.complete(first.id, { run_id: first.run_id });
    await until('one has ended', () => waiting.stderr.includes('draining: 1 of 2 runs in flight'), 60_000);
    expect(waiting.child.exitCode).toBeNull();
    await running.client.complete(second.id, { run_id: second.run_id });
    expect(await waiting.ended()).toBe(0);
    expect(JSON.parse(waiting.stdout)).toMatchObject({
      scope_value: 'skeptic',
      settled: true,
      in_flight_count: 2,
      wait: { outcome: 'quiet', left: 0 },
    });
  });

  test('returns 4 when the time is over before, and the pause holds', async () => {
    await claimOne('skeptic');
    const ended = await run(['senate', 'pause', 'agent', 'skeptic', '--reason', 'r', '--wait', '--wait-timeout', '1s']);
    expect(ended).toMatchObject({
      code: 4,
      stdout: expect.stringMatching(/^NOT QUIET after \d+s: 1 in flight still; the pause holds$/m),
    });
    expect((await running.client.pauses()).pauses).toMatchObject([{ scope_value: 'skeptic', quiet: false }]);
  });

  test('returns 4 when somebody clears the pause, and 130 at Ctrl-C with the pause in place', async () => {
    await claimOne('skeptic');
    const cleared = start(['senate', 'pause', 'agent', 'skeptic', '--reason', 'r', '--wait']);
    await until('it waits', () => cleared.stderr.includes('draining'), 60_000);
    await running.client.unpause({ scope_kind: 'agent', scope_value: 'skeptic' });
    expect(await cleared.ended()).toBe(4);
    const interrupted = start(['senate', 'pause', 'agent', 'skeptic', '--reason', 'r', '--wait']);
    await until('it waits', () => interrupted.stderr.includes('draining'), 60_000);
    interrupted.child.kill('SIGINT');
    expect(await interrupted.ended()).toBe(130);
    expect((await running.client.pauses()).pauses).toHaveLength(1);
  });

  test('over the database it is the same, without a stream', async () => {
    const task = await claimOne('skeptic');
    const waiting = start(['senate', 'pause', 'agent', 'skeptic', '--reason', 'r', '--wait', '--direct']);
    await until('it waits', () => waiting.stderr.includes('draining: 1 of 1 run in flight'), 60_000);
    await running.client.complete(task.id, { run_id: task.run_id });
    expect(await waiting.ended()).toBe(0);
    expect(waiting.stdout).toMatch(/^quiet after /m);
  });
});

test('senate extend moves the end of a pause, by its id or by its scope where that is one pause alone', async () => {
  const one = await running.client.pause({ scope_kind: 'quest', scope_value: 'q-1', reason: 'one', ttl_seconds: 60 });
  const extended = await run(['senate', 'extend', 'quest', 'q-1', '--ttl', '2h', '--reason', 'more time', '--json']);
  expect(extended).toMatchObject({ code: 0, stderr: '' });
  const { expires_at: end } = JSON.parse(extended.stdout) as { expires_at: string };
  expect(Date.parse(end) - Date.parse(one.paused_at)).toBeGreaterThanOrEqual(7_200_000);
  expect(await run(['senate', 'extend', one.id, '--until-cleared'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('now lasts until somebody clears it'),
  });
  const two = await running.client.pause({ scope_kind: 'quest', scope_value: 'q-1', reason: 'two', ttl_seconds: 60 });
  const several = await run(['senate', 'extend', 'quest', 'q-1', '--ttl', '1h']);
  expect(several).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('2 pauses are active on quest q-1; name one by its id'),
  });
  expect(several.stderr).toContain(`  ${two.id}  quest q-1 is paused`);
  expect(await run(['senate', 'extend', 'quest', 'nobody', '--ttl', '1h'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('quest nobody is not paused'),
  });
  await running.client.unpause({ id: one.id });
  expect(await run(['senate', 'extend', one.id, '--ttl', '1h', '--direct'])).toMatchObject({ code: 1, stdout: '' });
});

describe('senate watch', () => {
  test('tells what is paused, then each change as a line of JSON, also those missed while it was cut off; Ctrl-C ends it with 0', async () => {
    const proxy = await FaultProxy.before(running.ready.pause_api);
    onTestFinished(() => proxy.close());
    await running.client.pause({ scope_kind: 'skill', scope_value: 'debate', reason: 'before' });
    const watching = start(['senate', 'watch', '--json'], { env: { ORCHESTRA_URL: proxy.url } });
    await until('the snapshot', () => watching.stdout.includes('\n'), 60_000);
    expect(lines(watching.stdout)).toMatchObject([{ type: 'snapshot', data: { pauses: [{ scope_value: 'debate' }] } }]);
    proxy.refuse();
    await until('it has lost the line', () => watching.stderr.includes('trying again'), 60_000);
    await running.client.pause({ scope_kind: 'actor', scope_value: 'acct-7', reason: 'after', ttl_seconds: 600 });
    proxy.pass();
    await running.client.unpause({ scope_kind: 'actor', scope_value: 'acct-7' });
    await until('both', () => watching.stdout.includes('pause.cleared'), 60_000);
    const about = lines(watching.stdout).filter((line) => JSON.stringify(line).includes('acct-7')) as {
      type: string;
    }[];
    expect(about.map(({ type }) => type).filter((type) => type !== 'pause.quiet')).toEqual([
      'pause.created',
      'pause.cleared',
    ]);
    watching.child.kill('SIGINT');
    expect(await watching.ended()).toBe(0);
    expect(watching.stderr).toMatch(/; trying again\nconnected again\n$/);
  });

  test('for one scope tells of nothing else, and ends quietly when its reader is gone', async () => {
    await running.client.pause({ scope_kind: 'skill', scope_value: 'debate', reason: 'other' });
    const child = spawn(
      'sh',
      [
        '-c',
        `"${process.execPath}" "${RUN}" senate watch agent skeptic | (read -r first; echo "$first"; read -r ` +
          'second; echo "$second")',
      ],
      {
        env: { PATH: process.env['PATH'] ?? '', HOME: running.folder, NO_COLOR: '1', ...running.env },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      },
    );
    onTestFinished(() => {
      if (child.exitCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL');
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (bytes) => {
      stdout += String(bytes);
    });
    child.stderr.on('data', (bytes) => {
      stderr += String(bytes);
    });
    await until('it watches', () => stdout.includes('nothing is paused'), 60_000);
    await running.client.pause({ scope_kind: 'agent', scope_value: 'skeptic', reason: 'runaway', ttl_seconds: 600 });
    const closed = once(child, 'close') as Promise<[number]>;
    // It notices with the next thing that it has to tell; what came before the reader had gone is no such thing.
    await until(
      'it has ended',
      async () => {
        await running.client.unpause({ scope_kind: 'agent', scope_value: 'skeptic' });
        await running.client.pause({ scope_kind: 'agent', scope_value: 'skeptic', reason: 'again', ttl_seconds: 600 });
        return child.exitCode !== null;
      },
      60_000,
    );
    const [code] = await closed;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')[1]).toMatch(
      /^\d\d:\d\d:\d\dZ {2}paused agent skeptic until .* \(10m\) \(pause \d+, by admin of the test\): runaway$/,
    );
    expect(stdout).not.toContain('debate');
  });

  test('needs the services, and says so', async () => {
    expect(await run(['senate', 'watch', '--direct'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('needs the services; with the API down, `orchestra senate pauses --direct`'),
    });
  });
});

test('task show --follow shows what a run prints, through its end', async () => {
  const task = await claimOne('skeptic');
  const following = start(['task', 'show', task.id, '--follow', '--json']);
  await running.client.heartbeat(task.id, task.run_id, { output: 'one\n' });
  await until('the first line', () => following.stdout.includes('one'), 60_000);
  await until(
    'more is kept',
    async () => {
      await running.client.heartbeat(task.id, task.run_id, { output: 'one\ntwo \u001b[2J\n' });
      return following.stdout.includes('two');
    },
    60_000,
  );
  await running.client.complete(task.id, { run_id: task.run_id, result: { done: true } });
  expect(await following.ended()).toBe(0);
  const told = lines(following.stdout) as { output?: string; task?: object }[];
  expect(told.flatMap(({ output }) => output ?? []).join('')).toBe('one\ntwo \u001b[2J\n');
  expect(told.at(-1)).toMatchObject({ task: { id: task.id, status: 'succeeded', result: { done: true } } });
  expect(following.stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
});

test('a held task goes on by task release, and only a held one', async () => {
  const task = await claimOne('skeptic');
  await running.client.hold(task.id, { run_id: task.run_id, says: 'docker is not there', fix: 'install docker' });
  expect(await run(['task', 'show', task.id])).toMatchObject({
    stdout: expect.stringContaining(`orchestra task release ${task.id}`),
  });
  const released = await run(['task', 'release', task.id, '--reason', 'docker is installed', '--json']);
  expect(released).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(released.stdout)).toMatchObject({ id: task.id, status: 'queued', held_at: null });
  expect(await run(['task', 'release', task.id, '--direct'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('is queued, not held'),
  });
});

describe('queue --watch', () => {
  test('without a terminal tells a line for each change, over the services and over the database', async () => {
    const watching = [start(['queue', '--watch', '--json']), start(['queue', '--watch', '--direct'])];
    await until('both look', () => watching.every(({ stdout }) => stdout.includes('\n')), 60_000);
    await running.client.enqueue({ tasks: [{}, {}] });
    await until('the first has seen it', () => lastLine(watching[0]).includes('"queued":2'), 60_000);
    await until('the second has', () => lastLine(watching[1]).includes('queued 2'), 60_000);
    for (const { child } of watching) child.kill('SIGINT');
    expect(await Promise.all(watching.map((each) => each.ended()))).toEqual([0, 0]);
    expect(watching.map(({ stdout, stderr }) => (stdout + stderr).includes('\u001b'))).toEqual([false, false]);
  });

  test('senate pauses and status have it too', async () => {
    const [pauses, status] = [start(['senate', 'pauses', '--watch']), start(['status', '--watch', '--json'])];
    await until('both look', () => [pauses, status].every(({ stdout }) => stdout.includes('\n')));
    expect(pauses.stdout).toContain('nothing paused');
    await running.client.pause({ scope_kind: 'agent', scope_value: 'watched', reason: 'r' });
    await until(
      'both have seen it',
      () => lastLine(pauses).includes('paused: agent watched') && lastLine(status).includes('"watched"'),
    );
    for (const { child } of [pauses, status]) child.kill('SIGINT');
    expect(await Promise.all([pauses.ended(), status.ended()])).toEqual([0, 0]);
    await running.client.unpause({ scope_kind: 'agent', scope_value: 'watched' });
  });

  test('on a terminal draws over its own screen, and gives the terminal back at Ctrl-C', async () => {
    const terminal = onTerminal(['queue', '--watch'], { HOME: running.folder, ...running.env });
    await until('a picture', () => terminal.shown().includes('Ctrl-C ends this'), 60_000);
    await running.client.enqueue({ tasks: [{}, {}, {}] });
    await until('the next picture', () => /queued +3/.test(terminal.shown()), 60_000);
    terminal.type('\u0003');
    expect(await terminal.ended()).toBe(0);
    const shown = terminal.shown();
    expect(shown.split('\u001b[?1049h')).toHaveLength(2);
    expect(shown.trimEnd().endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  });
});

describe('doctor', () => {
  test('finds everything well, proves the brake, and leaves nothing but history', async () => {
    const examined = await run(['doctor', '--json']);
    expect(examined).toMatchObject({ code: 0, stderr: '' });
    const { well, findings } = JSON.parse(examined.stdout) as {
      well: boolean;
      findings: { check: string; outcome: string }[];
    };
    expect(well).toBe(true);
    expect(findings.map(({ check, outcome }) => `${check} ${outcome}`)).toEqual([
      'settings ok',
      'reach of commands warning',
      'pause-api ok',
      'worker-claimer ok',
      'alert-cascade ok',
      'database ok',
      'connections ok',
      'rows ok',
      'task ids ok',
      'standbys ok',
      'alerts ok',
      'attached queues ok',
      'token ok',
      'bells ok',
      'brake ok',
    ]);
    expect(await leftOver()).toEqual({ pauses: '0', waiting: '0' });
    expect(await run(['doctor', '--direct'])).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^✓ brake: a paused task was refused, and claimed once the pause was cleared$/m),
    });
    expect(await leftOver()).toEqual({ pauses: '0', waiting: '0' });
  });

  test('finds the database that a file names, also where DATABASE_URL is there and empty', async () => {
    const { pause_api: ORCHESTRA_URL, worker_claimer: ORCHESTRA_TASKS_URL } = running.ready;
    const file = join(running.folder, 'database-url-of-the-test');
    await writeFile(file, database.url);
    const examined = await run(['doctor', '--no-brake'], {
      env: {
        ORCHESTRA_HOME: '',
        ORCHESTRA_URL,
        ORCHESTRA_TASKS_URL,
        ORCHESTRA_TOKEN: running.token,
        DATABASE_URL: '',
        DATABASE_URL_FILE: file,
      },
    });
    expect(examined).toMatchObject({ code: 0, stdout: expect.stringMatching(/^✓ database: PostgreSQL /m) });
  });

  test('ends with 1 where something is wrong, says what to do, and proves with a lesser token what it may', async () => {
    const { stdout: token } = await run(['token', 'create', 'looker', '--role', 'viewer', '--expires', '1d']);
    const examined = await run(['doctor'], {
      env: { ORCHESTRA_TOKEN: token.trim(), ORCHESTRA_TASKS_URL: running.ready.pause_api.replace(/\d+$/, '9') },
    });
    expect(examined.code).toBe(1);
    expect(examined.stdout).toMatch(
      /^✗ worker-claimer: .* does not answer as worker-claimer does: .*\n {2}→ start it/m,
    );
    expect(examined.stdout).toMatch(/^✗ token: looker, role viewer, until .*, which is soon\n {2}→ make a new one/m);
    expect(examined.stdout).toMatch(/^– brake: not proved: a token of role viewer may not do all of it/m);
  });

  test('cleans up at Ctrl-C, in the middle of the proof', async () => {
    // The proof stands still here, between pause and claim: the task that it adds waits for this lock.
    const blocker = await database.pool.connect();
    await blocker.query('begin');
    await blocker.query('lock table tasks in exclusive mode');
    const examining = start(['doctor', '--direct']);
    await until('the canary scope is paused', async () => (await leftOver())?.pauses === '1', 60_000);
    examining.child.kill('SIGINT');
    await blocker.query('rollback');
    blocker.release();
    expect(await examining.ended()).toBe(130);
    expect(await leftOver()).toEqual({ pauses: '0', waiting: '0' });
  });

  async function leftOver(): Promise<{ pauses: string; waiting: string } | undefined> {
    const {
      rows: [left],
    } = await database.pool.query<{ pauses: string; waiting: string }>(
      `select (select count(*) from active_pauses where scope_value like 'orchestra-doctor-%') as pauses,
              (select count(*)
                 from tasks
                where agent_id like 'orchestra-doctor-%'
                  and status in ('queued', 'running', 'held')
                  and paused_at is null) as waiting`,
    );
    return left;
  }
});

test('two hundred hostile strings show as text in every list', async () => {
  const kept = HOSTILE_STRINGS.filter(({ storable }) => storable).map(({ text }) => text);
  // As if they were from before the tables refused some of them.
  await database.pool.query(
    'alter table senate_pause disable trigger senate_pause_well_formed; alter table tasks disable trigger tasks_begin_well_formed',
  );
  await database.pool.query(
    `insert into senate_pause (scope_kind, scope_value, paused_by, reason) select 'agent', t, t, t
       from unnest($1::text[]) t`,
    [kept.slice(0, 150)],
  );
  await database.pool.query(
    `insert into senate_alerts (kind, ref_id, severity, details) select t, t, 'low', jsonb_build_object('title', t)
       from unnest($1::text[]) t`,
    [kept],
  );
  await database.pool.query(
    'insert into tasks (agent_id, skill, quest_id, actor_id, created_by) select t, t, t, t, t from unnest($1::text[]) t',
    [kept.slice(0, 200)],
  );
  const watching = start(['senate', 'watch']);
  // One after the other: each writes megabytes, and gives up on a service that does not answer for five seconds.
  const shown: Awaited<ReturnType<typeof run>>[] = [];
  for (const args of [
    ['senate', 'pauses'],
    ['senate', 'alerts', '--limit', '200'],
    ['task', 'list', '--limit', '200'],
    ['task', 'show', '1'],
    ['senate', 'pauses', '--json'],
  ])
    shown.push(await run(args));
  expect(shown.map(({ code, stderr }) => ({ code, stderr }))).toEqual(shown.map(() => ({ code: 0, stderr: '' })));
  await until('the stream is shown', () => watching.stdout.split('\n').length > 150, 60_000);
  for (const text of [...shown.map(({ stdout }) => stdout), watching.stdout]) {
    expect(text.length).toBeGreaterThan(100);
    expect(text.replaceAll('\n', '')).not.toMatch(
      /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/u,
    );
  }
});

test('completion labels tells the shell what is at work, and is silent where nobody answers', async () => {
  await running.client.enqueue({ tasks: [{ agent_id: 'skeptic' }, { agent_id: 'an odd one' }] });
  const { stdout, code } = await run(['completion', 'labels', 'agent']);
  expect([code, stdout.trim().split('\n').toSorted()]).toEqual([0, ['an odd one', 'skeptic']]);
  expect(
    await run(['completion', 'labels', 'agent'], { env: { ORCHESTRA_TASKS_URL: 'http://127.0.0.1:9' } }),
  ).toMatchObject({ code: 0, stdout: '', stderr: '' });
});
