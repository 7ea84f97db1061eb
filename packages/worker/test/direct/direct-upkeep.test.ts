// Without services somebody has to keep the queue in order: the workers do, one of them at a time.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fresh } from '../orchestra.ts';
import { directFleet, handOf } from './fleet.ts';

const fleet = directFleet();
let hand: ReturnType<typeof handOf>;

beforeAll(() => {
  hand = handOf(fleet.url);
});
afterAll(() => hand.end());

/** Makes a round, however short ago the last one was. */
async function tend(round: 'lanes' | 'drop'): Promise<number> {
  await fleet.db.pool.query("update queue_upkeep set done_at = '-infinity' where round = $1", [round]);
  const { rows } = await hand.query<{ again: number }>('select orchestra_work_tend($1, null) as again', [round]);
  return rows[0]?.again ?? -1;
}

async function horizon(): Promise<number> {
  const { rows } = await fleet.db.pool.query<{ id: string }>('select h.id from task_horizon h');
  return Number(rows[0]?.id);
}

test('P9 the horizon follows the ids, and waits for a task that is added and not committed; heads rise up to it', async () => {
  const skill = fresh('lane');
  const done = await fleet.queue.addTasks(Array.from({ length: 250 }, () => ({ skill })));
  const adding = await fleet.db.pool.connect();
  try {
    await adding.query('begin');
    const { rows } = await adding.query<{ id: string }>('insert into tasks (skill) values ($1) returning id', [skill]);
    const early = Number(rows[0]?.id);
    const [late = ''] = await fleet.queue.addTasks([{ skill }]);
    await fleet.db.pool.query("update tasks set status = 'cancelled' where id = any ($1)", [done]);
    for (let round = 0; round < 4; round++) await tend('lanes');
    expect(await horizon()).toBeLessThan(early);
    await adding.query('commit');
    for (let round = 0; round < 4; round++) await tend('lanes');
    expect(await horizon()).toBeGreaterThanOrEqual(Number(late));
    const { rows: lanes } = await fleet.db.pool.query<{ head: string }>(
      'select l.head from task_lanes l where l.skill = $1',
      [skill],
    );
    expect(lanes).toEqual([{ head: String(early) }]);
    const { rows: claims } = await hand.query<{ tasks: string }>(
      "select t.tasks from orchestra_work(null, 'w', null, '{}', null, array[$1], 5, null) t",
      [skill],
    );
    const tasks: { id: string }[] = JSON.parse(claims[0]?.tasks ?? '[]');
    expect(tasks.map(({ id }) => id)).toEqual([String(early), late]);
  } finally {
    adding.release();
  }
});

test('lanes under which nothing waits go, and what has finished is summed up', async () => {
  const skill = fresh('empty');
  const ids = await fleet.queue.addTasks([{ skill }]);
  await fleet.db.pool.query("update tasks set status = 'cancelled' where id = any ($1)", [ids]);
  await fleet.db.pool.query(
    'insert into task_totals (succeeded, failed, cancelled) select 1, 0, 0 from generate_series(1, 150)',
  );
  const total = async () =>
    (await fleet.db.pool.query('select sum(t.succeeded)::int as succeeded, count(*)::int as rows from task_totals t'))
      .rows[0];
  const before = await total();
  await tend('drop');
  expect(await total()).toEqual({ succeeded: before?.['succeeded'], rows: 1 });
  const { rowCount } = await fleet.db.pool.query('select from task_lanes l where l.skill = $1', [skill]);
  expect(rowCount).toBe(0);
});

test('of many workers one makes a round, and no more often than it is worth', async () => {
  await tend('drop');
  const {
    rows: [soon],
  } = await hand.query<{ again: number }>("select orchestra_work_tend('drop', null) as again");
  expect(soon?.again).toBeGreaterThan(5);
  const other = await hand.connect();
  try {
    await other.query("begin; select pg_advisory_xact_lock(hashtext('orchestra tends'), hashtext('drop'))");
    expect(await tend('drop')).toBe(10);
    const {
      rows: [round],
    } = await fleet.db.pool.query(
      "select u.done_at = '-infinity' as untouched from queue_upkeep u where u.round = 'drop'",
    );
    expect(round).toEqual({ untouched: true });
  } finally {
    await other.query('rollback');
    other.release();
  }
});

test('`task why` knows who asks for tasks: a worker tells it with its rounds', async () => {
  const skill = fresh('seen');
  const { worker, heard } = fleet.worker({ name: 'the direct one', handlers: { [skill]: async () => {} } });
  await worker.start();
  await fleet.queue.addTasks([{ skill }]);
  await heard.first('finished');
  await worker.stop();
  const { rows } = await fleet.db.pool.query(
    'select s.worker, s.skills, s.agents from worker_sightings s where $1 = any (s.skills)',
    [skill],
  );
  expect(rows).toEqual([{ worker: 'the direct one', skills: [skill], agents: null }]);
});
