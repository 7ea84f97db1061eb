// Direct workers do what a worker does, with no service anywhere.
import { until } from '@orchestra/testkit';
import { describe, expect, test } from 'vitest';
import { Disturbance, needsInput } from '../../src/index.ts';
import { fresh, gate } from '../orchestra.ts';
import { directFleet } from './fleet.ts';

const fleet = directFleet({ leaseSeconds: 6 });

describe('a worker and its tasks', () => {
  test('tasks that are added by one process are done by another, in their order, and their results are kept', async () => {
    const skill = fresh('greet');
    const { worker, heard } = fleet.worker({
      name: 'w1',
      handlers: { [skill]: async (task) => `hello ${String(task.payload['name'])}` },
    });
    await worker.start();
    const ids = await fleet.queue.addTasks([
      { skill, payload: { name: 'Ada' } },
      { skill, payload: { name: 'Grace' } },
    ]);
    await until('both are done', () => heard.all('finished').length === 2);
    expect(heard.all('finished').map(({ task, result }) => [task.id, result])).toEqual([
      [ids[0], 'hello Ada'],
      [ids[1], 'hello Grace'],
    ]);
    const { rows } = await fleet.db.pool.query(
      `select t.result, t.worker_id, t.status, t.created_by is not null as known
         from tasks t
        where t.id = any ($1)
        order by t.id`,
      [ids],
    );
    expect(rows).toEqual([
      { result: 'hello Ada', worker_id: 'w1', status: 'succeeded', known: true },
      { result: 'hello Grace', worker_id: 'w1', status: 'succeeded', known: true },
    ]);
    expect(await fleet.story(ids[0] ?? '')).toEqual(['queued', 'claimed', 'completed']);
  });

  test('a hundred tasks by four at a time and claimed ahead, each once', async () => {
    const skill = fresh('many');
    const done: string[] = [];
    const ids = await fleet.queue.addTasks(Array.from({ length: 100 }, () => ({ skill })));
    const { worker, heard } = fleet.worker({
      concurrency: 4,
      prefetch: 20,
      handlers: {
        [skill]: async (task) => {
          done.push(task.id);
        },
      },
    });
    await worker.start();
    await until('all are done', () => heard.all('finished').length === 100);
    expect(done.toSorted()).toEqual(ids.toSorted());
  });

  test('a failed run is tried again after a while, a disturbed one uses up no attempt, and what its environment stopped is held', async () => {
    const skill = fresh('fails');
    const seen: number[] = [];
    const { worker, heard } = fleet.worker({
      concurrency: 3,
      handlers: {
        [skill]: async (task) => {
          seen.push(task.attempt);
          if (task.payload['how'] === 'fail') throw new Error('broken');
          if (task.payload['how'] === 'disturb') throw new Disturbance('transient', 'a hiccup');
          throw new Disturbance('environment', 'no docker here', { fix: 'install docker' });
        },
      },
    });
    await worker.start();
    const [fail, disturb, hold] = await fleet.queue.addTasks([
      { skill, max_attempts: 1, payload: { how: 'fail' } },
      { skill, payload: { how: 'disturb' } },
      { skill, payload: { how: 'hold' } },
    ]);
    expect(await heard.first('failed', ({ task }) => task.id === fail)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('broken'),
    });
    expect(await heard.first('disturbed', ({ task }) => task.id === disturb)).toMatchObject({
      status: 'queued',
      nextEligibleAt: expect.any(String),
    });
    expect(await heard.first('disturbed', ({ task }) => task.id === hold)).toMatchObject({ status: 'held' });
  });

  test('a run that asks a person parks its task; the answer brings it back with both', async () => {
    const skill = fresh('asks');
    const { worker, heard } = fleet.worker({
      handlers: { [skill]: async (task) => (task.answer === null ? needsInput('Which branch?') : task.answer) },
    });
    await worker.start();
    const [id = ''] = await fleet.queue.addTasks([{ skill }]);
    expect(await heard.first('asked')).toMatchObject({ status: 'queued', questions: 'Which branch?' });
    await fleet.db.pool.query(
      "update tasks set answer = 'main', answered_at = now(), answered_by = 'dana', paused_at = null where id = $1",
      [id],
    );
    expect(await heard.first('finished')).toMatchObject({ result: 'main' });
  });

  test('a task that names a pipeline begins in its first stage and goes through it; a stage that is not there is refused', async () => {
    const { worker, heard } = fleet.worker({ handlers: { analysis: async () => 'analysed' } });
    const [id = ''] = await fleet.queue.addTasks([{ pipeline: 'default' }]);
    await worker.start();
    await heard.first('finished');
    const {
      rows: [task],
    } = await fleet.db.pool.query('select t.stage, t.skill, t.status from tasks t where t.id = $1', [id]);
    expect(task).toEqual({ stage: 'development', skill: 'development', status: 'queued' });
    await expect(fleet.queue.addTasks([{ stage: 'nowhere' }])).rejects.toMatchObject({
      code: 'unknown_stage',
      message: expect.stringContaining('nowhere'),
    });
  });

  test('a scheduled job does not run while its skill is paused', async () => {
    const { worker } = fleet.worker({ handlers: { [fresh('any')]: async () => {} } });
    await worker.start();
    const name = fresh('nightly');
    expect(await worker.runScheduled(name, () => 7)).toEqual({ started: true, result: 7 });
    await fleet.pause('skill', name, 'not tonight');
    expect(await worker.runScheduled(name, () => 7)).toMatchObject({ started: false, reason: 'not tonight' });
  });
});

describe('pauses', () => {
  test('P1 P9 paused tasks never start; cleared, they start before what came later', async () => {
    const skill = fresh('held');
    const agent = fresh('agent');
    const order: string[] = [];
    const receipt = await fleet.pause('agent', agent, 'loop');
    const [first = '', second = ''] = await fleet.queue.addTasks([
      { skill, agent_id: agent },
      { skill, agent_id: agent },
    ]);
    const [free = ''] = await fleet.queue.addTasks([{ skill }]);
    const { worker, heard } = fleet.worker({
      handlers: {
        [skill]: async (task) => {
          order.push(task.id);
        },
      },
    });
    await worker.start();
    await heard.first('finished', ({ task }) => task.id === free);
    expect(await Promise.all([first, second].map(fleet.statusOf))).toEqual(['queued', 'queued']);
    const [late = ''] = await fleet.queue.addTasks([{ skill, agent_id: agent }]);
    await fleet.clear(receipt.id);
    await heard.first('finished', ({ task }) => task.id === late);
    expect(order).toEqual([free, first, second, late]);
  });

  test('P2 once a pause has settled nothing of it starts, though many workers claim all the time', async () => {
    const skill = fresh('busy');
    const agent = fresh('agent');
    const started = new Set<string>();
    const workers = Array.from({ length: 4 }, () =>
      fleet.worker({
        concurrency: 5,
        prefetch: 0,
        handlers: {
          [skill]: async (task) => {
            if (task.agent_id === agent) started.add(task.id);
          },
        },
      }),
    );
    await Promise.all(workers.map(({ worker }) => worker.start()));
    for (let round = 0; round < 2; round++) {
      const ids = await fleet.queue.addTasks(
        Array.from({ length: 150 }, (_, n) => ({ skill, ...(n % 2 === 0 ? { agent_id: agent } : {}) })),
      );
      await until('some have started', () => ids.some((id) => started.has(id)));
      const receipt = await fleet.pause('agent', agent);
      expect(receipt.settled).toBe(true);
      const claimedThen = await claimsUnder(agent);
      await until('the others are done', async () => (await openOf(skill, null)) === 0);
      expect(await claimsUnder(agent)).toBe(claimedThen);
      await fleet.clear(receipt.id);
      await until('all are done', async () => (await openOf(skill, agent)) === 0);
    }
  });

  test('P4 a pause stops a run at its checkpoint, and the next run goes on from there', async () => {
    const skill = fresh('loops');
    const looping = gate();
    const seen: number[] = [];
    const { worker, heard } = fleet.worker({
      handlers: {
        [skill]: async (_task, context) => {
          for await (const item of context.iterate(Array.from({ length: 1_000 }, (_, n) => n))) {
            seen.push(item);
            looping.open();
            if (seen.length < 400)
              await new Promise((resolve) => {
                setTimeout(resolve, 5);
              });
          }
        },
      },
    });
    await worker.start();
    const [id = ''] = await fleet.queue.addTasks([{ skill }]);
    await looping.opened;
    const pause = await fleet.pause('skill', skill, 'enough');
    expect(await heard.first('stopped-at-checkpoint')).toMatchObject({
      begun: true,
      reason: expect.stringContaining('enough'),
    });
    expect(await fleet.statusOf(id)).toBe('queued');
    await fleet.clear(pause.id);
    await heard.first('finished');
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
  });

  test('P2 what was claimed ahead goes back when a pause comes, with its attempt', async () => {
    const skill = fresh('ahead');
    const first = gate();
    const { worker, heard } = fleet.worker({
      concurrency: 1,
      prefetch: 5,
      handlers: { [skill]: async () => first.opened },
    });
    const ids = await fleet.queue.addTasks(Array.from({ length: 4 }, () => ({ skill })));
    await worker.start();
    await until('all are claimed', () => heard.all('claimed').length === 4);
    await fleet.pause('skill', skill, 'stop');
    await until(
      'three went back',
      async () => (await Promise.all(ids.map(fleet.statusOf))).filter((status) => status === 'queued').length === 3,
    );
    first.open();
    await heard.first('finished');
    const { rows } = await fleet.db.pool.query(
      'select t.attempt from tasks t where t.id = any ($1) and t.status = $2',
      [ids, 'queued'],
    );
    expect(rows).toEqual([{ attempt: 0 }, { attempt: 0 }, { attempt: 0 }]);
  });
});

async function claimsUnder(agent: string): Promise<number> {
  const {
    rows: [row],
  } = await fleet.db.pool.query<{ count: number }>(
    `select coalesce(sum(cardinality(array_positions(b.agent_ids, $1))), 0)::int as count
       from event_batches b
      where b.kind = 'claimed'`,
    [agent],
  );
  return row?.count ?? 0;
}

async function openOf(skill: string, agent: string | null): Promise<number> {
  const {
    rows: [row],
  } = await fleet.db.pool.query<{ count: number }>(
    `select count(*)::int as count
       from tasks t
      where t.skill = $1
        and t.agent_id is not distinct from $2
        and t.status in ('queued', 'running')`,
    [skill, agent],
  );
  return row?.count ?? 0;
}
