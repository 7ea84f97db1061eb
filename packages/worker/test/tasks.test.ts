import { until } from '@orchestra/testkit';
import { describe, expect, test } from 'vitest';
import { createCommandHandler, createWorker, Disturbance, TaskFailure } from '../src/index.ts';
import { fresh, gate, startOrchestra } from './orchestra.ts';

const orchestra = startOrchestra();

const statusOf = async (id: string) => (await orchestra.admin.task(id)).status;

describe('a worker', () => {
  test('does tasks and keeps their results', async () => {
    const skill = fresh('add');
    const { ids } = await orchestra.admin.enqueue({
      tasks: [
        { skill, payload: { a: 1, b: 2 } },
        { skill, payload: { a: 3, b: 4 } },
      ],
    });
    const { worker, heard } = orchestra.worker({
      name: 'adder',
      handlers: { [skill]: async ({ payload }) => ({ sum: Number(payload['a']) + Number(payload['b']) }) },
    });
    await worker.start();
    for (const id of ids) await heard.first('finished', ({ task }) => task.id === id);
    const tasks = await Promise.all(ids.map((id) => orchestra.admin.task(id)));
    expect(tasks).toMatchObject([
      { status: 'succeeded', result: { sum: 3 }, worker: 'adder' },
      { status: 'succeeded', result: { sum: 7 }, worker: 'adder' },
    ]);
    expect(heard.all('claimed').map(({ task }) => task.id)).toEqual(ids);
  });

  test('waits for work without asking again and again, and takes it when it comes', async () => {
    const skill = fresh('late');
    const { worker, heard } = orchestra.worker({ handlers: { [skill]: async () => 'done' } });
    await worker.start();
    await heard.first('pauses-changed');
    const {
      ids: [id],
    } = await orchestra.admin.enqueue({ skill });
    await expect(heard.first('finished')).resolves.toMatchObject({ task: { id }, result: 'done' });
    expect(heard.all('claim-failed')).toEqual([]);
  });

  test('takes as many at a time as it has slots, and no more', async () => {
    const skill = fresh('wide');
    const { ids } = await orchestra.admin.enqueue({ tasks: Array.from({ length: 7 }, () => ({ skill })) });
    const all = gate();
    let running = 0;
    let most = 0;
    const { worker, heard } = orchestra.worker({
      concurrency: 3,
      handlers: {
        [skill]: async () => {
          most = Math.max(most, ++running);
          await all.opened;
          running -= 1;
        },
      },
    });
    await worker.start();
    await until('three run', () => running === 3);
    expect((await orchestra.admin.queue()).counts).toMatchObject({ running: 3 });
    all.open();
    for (const id of ids) await heard.first('finished', ({ task }) => task.id === id);
    expect(most).toBe(3);
  });

  test('claims only skills that it has a handler for, and with a `*` anything of its agents', async () => {
    const [skill, other, agent] = [fresh('mine'), fresh('other'), fresh('agent')];
    const {
      ids: [, notMine, mine],
    } = await orchestra.admin.enqueue({ tasks: [{ skill: other, agent_id: agent }, { skill: other }, { skill }] });
    const one = orchestra.worker({ handlers: { [skill]: async () => {} } });
    await one.worker.start();
    await one.heard.first('finished', ({ task }) => task.id === mine);
    expect(one.heard.all('claimed')).toHaveLength(1);

    const {
      ids: [plain],
    } = await orchestra.admin.enqueue({ agent_id: agent });
    const any = orchestra.worker({
      agents: [agent],
      handlers: { '*': async ({ skill: of }) => ({ of }) },
      concurrency: 2,
    });
    await any.worker.start();
    await any.heard.first('finished', ({ task }) => task.id === plain);
    await any.heard.first('finished', ({ task }) => task.skill === other);
    expect(await statusOf(notMine ?? '')).toBe('queued');
  });

  test('tells why a task failed, and the queue decides whether it runs again', async () => {
    const skill = fresh('fails');
    const {
      ids: [again, never],
    } = await orchestra.admin.enqueue({
      tasks: [
        { skill, payload: { retry: true } },
        { skill, payload: { retry: false } },
      ],
    });
    const { worker, heard } = orchestra.worker({
      handlers: {
        [skill]: async ({ payload }) => {
          if (payload['retry']) throw new Error('the model timed out', { cause: new Error('socket hang up') });
          throw new TaskFailure('not in this life', { retry: false, result: { seen: 3 } });
        },
      },
    });
    await worker.start();
    await expect(heard.first('failed', ({ task }) => task.id === again)).resolves.toMatchObject({ status: 'queued' });
    await expect(heard.first('failed', ({ task }) => task.id === never)).resolves.toMatchObject({
      status: 'failed',
      nextEligibleAt: null,
    });
    const { events } = await orchestra.admin.taskEvents(again ?? '');
    const failed = events.find((event) => event.kind === 'failed');
    expect(JSON.stringify(failed?.data)).toMatch(
      /the model timed out.*tasks\.test\.ts.*caused by: Error: socket hang up/,
    );
    expect(await orchestra.admin.task(never ?? '')).toMatchObject({ status: 'failed', result: { seen: 3 } });
  });

  test.each([
    ['too large to be kept', () => 'x'.repeat(300_000)],
    ['what the database cannot keep', () => ({ text: 'a\0b' })],
    [
      'what JSON cannot say',
      () => {
        const loop: Record<string, unknown> = {};
        loop['loop'] = loop;
        return loop;
      },
    ],
  ])('a result %s fails the task for good instead of doing the work again and again', async (_what, result) => {
    const skill = fresh('odd');
    const {
      ids: [id = ''],
    } = await orchestra.admin.enqueue({ skill });
    const { worker, heard } = orchestra.worker({ handlers: { [skill]: async () => result() } });
    await worker.start();
    await expect(heard.first('failed')).resolves.toMatchObject({
      status: 'failed',
      error: expect.stringContaining('its result cannot be kept'),
    });
    expect(await orchestra.story(id)).toEqual(['queued', 'claimed', 'failed']);
  });

  test.each([
    ['NaN', () => ({ kept: 1, score: Number.NaN }), 'result.score is NaN', { kept: 1, score: 'NaN' }],
    ['-0', () => ({ scores: [1, -0] }), 'result.scores[1] is -0', { scores: [1, '-0'] }],
    ['an item that is undefined', () => [undefined, 1], 'result[0] is undefined', ['undefined', 1]],
    ['a map', () => ({ seen: new Map([['a', 1]]) }), 'result.seen is of type Map', { seen: { Map: [['a', 1]] } }],
  ])(
    'a result with %s, which JSON would change, is refused with the name of the field, and kept as text beside the rest',
    async (_what, result, named, kept) => {
      const skill = fresh('changed');
      const {
        ids: [id = ''],
      } = await orchestra.admin.enqueue({ skill });
      const { worker, heard } = orchestra.worker({ handlers: { [skill]: async () => result() } });
      await worker.start();
      await expect(heard.first('failed')).resolves.toMatchObject({
        status: 'failed',
        error: expect.stringContaining(named),
      });
      expect(await orchestra.admin.task(id)).toMatchObject({ status: 'failed', result: kept });
    },
  );

  test('a cursor that JSON would change is refused where it is saved; the one before stays', async () => {
    const skill = fresh('cursor');
    const {
      ids: [id = ''],
    } = await orchestra.admin.enqueue({ skill });
    const seen: unknown[] = [];
    const { worker, heard } = orchestra.worker({
      handlers: {
        [skill]: async (_task, context) => {
          context.saveCursor({ page: 3, absent: undefined });
          try {
            context.saveCursor({ page: Number.NaN });
          } catch (error) {
            seen.push(error);
          }
          throw new Disturbance('transient', 'the network is down');
        },
      },
    });
    await worker.start();
    await heard.first('disturbed');
    expect(seen).toMatchObject([{ message: expect.stringContaining('cursor.page is NaN') }]);
    expect((await orchestra.db.pool.query('select t.cursor from tasks t where t.id = $1', [id])).rows).toEqual([
      { cursor: { page: 3 } },
    ]);
  });

  test('runs any command, and keeps what it said also when it failed', async () => {
    const skill = fresh('lint');
    const {
      ids: [good = '', bad = ''],
    } = await orchestra.admin.enqueue({
      tasks: [
        { skill, payload: { code: 0 } },
        { skill, payload: { code: 3 }, max_attempts: 1 },
      ],
    });
    const script =
      'const { code } = JSON.parse(process.env.ORCHESTRA_PAYLOAD); console.log(`checked as ' +
      '${process.env.ORCHESTRA_TASK_ID}`); process.exit(code)';
    const { worker, heard } = orchestra.worker({
      handlers: { [skill]: createCommandHandler({ command: [process.execPath, '-e', script] }) },
    });
    await worker.start();
    await heard.first('finished');
    await heard.first('failed');
    expect(await orchestra.admin.task(good)).toMatchObject({
      status: 'succeeded',
      result: { exit_code: 0, stdout: `checked as ${good}\n` },
    });
    expect(await orchestra.admin.task(bad)).toMatchObject({
      status: 'failed',
      result: { exit_code: 3, stdout: `checked as ${bad}\n` },
    });
  });

  test('a listener that throws costs nobody anything', async () => {
    const skill = fresh('listened');
    const {
      ids: [id],
    } = await orchestra.admin.enqueue({ skill });
    const { worker, heard } = orchestra.worker({
      handlers: {
        [skill]: async (_task, { log }) => {
          log('hello', { from: 'here' });
        },
      },
    });
    const warned = new Promise<Error>((resolve) => {
      process.once('warning', resolve);
    });
    worker.on('claimed', () => {
      throw new Error('a mistake in a listener');
    });
    await worker.start();
    await heard.first('finished', ({ task }) => task.id === id);
    await expect(warned).resolves.toMatchObject({ message: 'a mistake in a listener' });
    expect(heard.all('log')).toMatchObject([{ message: 'hello', details: { from: 'here' }, task: { id } }]);
  });
});

describe('options that make no worker', () => {
  const handlers = { a: async () => {} };
  test.each([
    ['no handler', { handlers: {} }, 'at least one handler'],
    ['a skill without a handler', { handlers, skills: ['a', 'constructor'] }, 'no handler for constructor'],
    ['no slot', { handlers, concurrency: 0 }, 'concurrency'],
    ['a name that nobody can read', { handlers, name: ' ' }, 'worker must not be blank'],
    ['an address that is none', { handlers, url: 'nowhere' }, 'not an address of worker-claimer'],
  ])('%s', (_what, options, message) => {
    expect(() => createWorker({ url: 'http://a', pauseUrl: 'http://b', token: 'orc_t', ...options })).toThrow(message);
  });
});
