// Cancel, retry, move and stop, over the services and over the database.
import { beforeEach, describe, expect, test } from 'vitest';
import { until } from '@orchestra/testkit';
import { onTerminal } from './on-terminal.ts';
import { testOrchestra } from './test-orchestra.ts';

const running = testOrchestra({ clientName: 'admin of the test' });
const { database, run, json } = running;
beforeEach(running.empty);

const add = async (...tasks: object[]): Promise<string[]> => (await running.client.enqueue({ tasks })).ids;
const statusOf = async (id: string): Promise<string> => (await running.client.task(id)).status;
async function fail(agent: string, error: string): Promise<string> {
  await add({ agent_id: agent });
  const {
    tasks: [task],
  } = await running.client.claim({ worker: 'w-1', agents: [agent], wait_seconds: 10 });
  if (task === undefined) throw new Error('there was nothing to claim');
  await running.client.fail(task.id, { run_id: task.run_id, error, retry: false });
  return task.id;
}

describe.each([[[]], [['--direct']]])('with %j', (direct: string[]) => {
  test('tasks are cancelled, retried and moved by their ids; what is passed over says why, and nothing changed is exit code 1', async () => {
    const [one = '', two = ''] = await add({}, {});
    expect(await run(['task', 'cancel', one, two, '--reason', 'wrong brief', ...direct])).toMatchObject({
      code: 0,
      stdout: `cancelled: ${one}, ${two}\n`,
    });
    expect(await run(['task', 'cancel', one, ...direct])).toMatchObject({
      code: 1,
      stdout: `nothing was cancelled\ntask ${one} is cancelled already\n`,
    });
    expect(await json(['task', 'retry', one, two, ...direct])).toMatchObject({
      changed: 2,
      changed_ids: [one, two],
      passed_over: [],
    });
    expect(await run(['task', 'move', one, '--priority', '-7', ...direct])).toMatchObject({
      code: 0,
      stdout: `moved to priority -7: ${one}\n`,
    });
    expect(await running.client.task(one)).toMatchObject({ status: 'queued', priority: -7 });
    const { events } = await running.client.taskEvents(one);
    expect(events.map(({ kind }) => kind)).toEqual(['queued', 'cancelled', 'requeued', 'moved']);
  });

  test('a filter is previewed, and where it is broad and nobody can be asked it needs --yes', async () => {
    const many = await add(...Array.from({ length: 25 }, () => ({ quest_id: 'q-7' })));
    expect(await run(['task', 'cancel', '--quest', 'q-7', '--dry-run', ...direct])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^dry run: 25 tasks would be cancelled: /),
    });
    expect(await run(['task', 'cancel', '--quest', 'q-7', ...direct])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('this would cancel 25 tasks, and there is nobody to ask; say --yes'),
    });
    expect(await statusOf(many[0] ?? '')).toBe('queued');
    expect(await run(['task', 'cancel', '--quest', 'q-7', '--yes', ...direct])).toMatchObject({
      code: 0,
      stdout: 'cancelled: 25 tasks\n',
    });
    expect(await statusOf(many[24] ?? '')).toBe('cancelled');
  });

  test('task stop tells who obeyed and who is only fenced, by exit code too', async () => {
    const [id = ''] = await add({ agent_id: 'burner' });
    await running.client.claim({ worker: 'w-1', host: 'node-7', agents: ['burner'], wait_seconds: 10 });
    const stopped = await run([
      'task',
      'stop',
      id,
      '--reason',
      'it burns money',
      '--then',
      'cancel',
      '--grace',
      '1s',
      ...direct,
    ]);
    expect(stopped).toMatchObject({
      code: 4,
      stdout: expect.stringContaining('told to stop: 1 run\nTAKEN AWAY, AND MAY STILL BE AT WORK: 1 run'),
    });
    expect(stopped.stdout).toContain(`task ${id}: it may still be running at worker w-1 on host node-7`);
    expect(await statusOf(id)).toBe('cancelled');
    expect(await run(['task', 'stop', id, '--reason', 'r', ...direct])).toMatchObject({
      code: 1,
      stdout: `nothing that was meant is running\ntask ${id} is not running: it was cancelled\n`,
    });
  });
});

test('what was meant has to be said: ids or a filter, and not both; a stop needs one of three', async () => {
  expect(await run(['task', 'cancel'])).toMatchObject({ code: 2, stderr: expect.stringContaining('which tasks?') });
  expect(await run(['task', 'cancel', '1', '--agent', 'a'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('not both'),
  });
  expect(await run(['task', 'retry', 'x1'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('must be an id'),
  });
  expect(await run(['task', 'stop', '--reason', 'r'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('which runs?'),
  });
  expect(await run(['task', 'stop', '1', '--pause', '2', '--reason', 'r'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('which runs?'),
  });
});

test('on a terminal what is broad is typed out', async () => {
  await add(...Array.from({ length: 20 }, () => ({ quest_id: 'q-8' })));
  const refused = onTerminal(['task', 'cancel', '--quest', 'q-8'], running.env);
  await until('it asks', () => refused.shown().includes('to go on, type cancel 20:'), 60_000);
  refused.type('yes\r');
  expect(await refused.ended()).toBe(1);
  expect(refused.shown()).toContain('nothing was changed');
  const agreed = onTerminal(['task', 'cancel', '--quest', 'q-8'], running.env);
  await until('it asks', () => agreed.shown().includes('to go on, type cancel 20:'), 60_000);
  agreed.type('cancel 20\r');
  expect(await agreed.ended()).toBe(0);
  expect(agreed.shown()).toContain('cancelled: ');
});

test('senate pause --stop-running stops what runs, waits for it, and says what may still be at work', async () => {
  await add({ agent_id: 'burner' });
  const {
    tasks: [task],
  } = await running.client.claim({ worker: 'w-1', agents: ['burner'], wait_seconds: 10 });
  const pausing = running.start([
    'senate',
    'pause',
    'agent',
    'burner',
    '--reason',
    'it burns money',
    '--stop-running',
    '--json',
  ]);
  await until(
    'its worker is told',
    async () => (await running.client.heartbeat(task?.id ?? '', task?.run_id ?? '')).stop !== undefined,
    60_000,
  );
  await running.client.stopped(task?.id ?? '', { run_id: task?.run_id ?? '', cursor: { page: 3 } });
  expect(await pausing.ended()).toBe(0);
  expect(JSON.parse(pausing.stdout)).toMatchObject({
    scope_value: 'burner',
    stop: { then: 'requeue', runs_count: 1, told_count: 1, obeyed_count: 1, waiting_count: 0 },
  });
  expect(await running.client.task(task?.id ?? '')).toMatchObject({
    status: 'queued',
    attempt: 0,
    cursor: { page: 3 },
  });
});

test('task list --failed tells why, when and how long; on a terminal of 80 columns each task is one line, and its id whole', async () => {
  const id = await fail(
    'an-agent-with-a-rather-long-name',
    `the vendor answered 503 ${'and so on '.repeat(20)}\nat line 12`,
  );
  await database.pool.query('update tasks set skill = $1, quest_id = $2 where id = $3', [
    'a-long-skill-of-a-name',
    'quest-with-a-name',
    id,
  ]);
  const listed = await run(['task', 'list', '--failed']);
  expect(listed.stdout).toContain('the vendor answered 503 and so on');
  expect(listed.stdout).not.toContain('at line 12');
  const shown = await run(['task', 'show', id]);
  expect(shown.stdout).toMatch(/^last run +failed after \d+\.\ds at attempt 1, .* at worker w-1$/m);
  expect(shown.stdout).toContain('at line 12');
  expect(shown.stdout).toContain(`orchestra task retry ${id}`);
  for (const command of [
    ['task', 'list', '--failed'],
    ['task', 'list'],
    ['task', 'events', id],
  ]) {
    const narrow = onTerminal(command, running.env, 80);
    expect(await narrow.ended()).toBe(0);
    const lines = narrow
      .shown()
      // oxlint-disable-next-line no-control-regex -- what a terminal is sent
      .replaceAll(/\u001b\[[0-9;]*m/g, '')
      .split('\r\n')
      .filter((line) => line !== '' && !line.startsWith('to give'));
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    if (command[1] === 'list') expect(lines.some((line) => line.startsWith(`${id} `))).toBe(true);
  }
});
