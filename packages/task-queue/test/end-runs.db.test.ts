import { testDatabase } from '@orchestra/testkit';
import { beforeEach, expect, test } from 'vitest';
import type { Ending } from '../src/contract/index.ts';
import { finishRuns, findTask, listTaskEvents } from '../src/index.ts';
import { add, claim } from './fixtures.ts';

const db = testDatabase();
beforeEach(async () => {
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
});

const completed = ({ id, run_id }: { id: string; run_id: string }, result?: unknown): Ending => ({
  as: 'completed',
  id,
  run_id,
  result,
});
const NOBODY = '00000000-0000-4000-8000-000000000000';

test('P10 many runs end in one call, each as it asks for', async () => {
  await add(
    db.pool,
    { skill: 'a' },
    { skill: 'b', repo: 'site' },
    { skill: 'c', max_attempts: 1 },
    { skill: 'd', repo: 'api' },
  );
  const [one, two, three, four] = await claim(db.pool);
  if (one === undefined || two === undefined || three === undefined || four === undefined)
    throw new Error('four tasks were added');
  const answers = await finishRuns(db.pool, [
    completed(one, { files: 3 }),
    { as: 'failed', id: two.id, run_id: two.run_id, error: 'boom', retry: true },
    { as: 'failed', id: three.id, run_id: three.run_id, error: 'boom', retry: true, result: 'half' },
    { as: 'released', id: four.id, run_id: four.run_id, cause: 'pause', cursor: { index: 2 } },
  ]);
  expect(answers.map(({ id, outcome, status }) => [id, outcome, status])).toEqual([
    [one.id, 'accepted', 'succeeded'],
    [two.id, 'accepted', 'queued'],
    [three.id, 'accepted', 'failed'],
    [four.id, 'accepted', 'queued'],
  ]);
  expect(answers.map((answer) => answer.next_eligible_at !== null)).toEqual([false, true, false, true]);
  expect(await Promise.all([one, two, three, four].map((task) => findTask(db.pool, task.id)))).toMatchObject([
    { status: 'succeeded', result: { files: 3 }, attempt: 1, run_id: null },
    { status: 'queued', attempt: 1, run_id: null, started_at: null },
    { status: 'failed', result: 'half' },
    { status: 'queued', attempt: 0, cursor: { index: 2 } },
  ]);
  const kinds = await Promise.all(
    [one, two, three, four].map(async ({ id }) =>
      (await listTaskEvents(db.pool, id, { limit: 10 })).map((event) => event.kind),
    ),
  );
  expect(kinds).toEqual([
    ['queued', 'claimed', 'completed'],
    ['queued', 'claimed', 'failed'],
    ['queued', 'claimed', 'failed'],
    ['queued', 'claimed', 'released'],
  ]);
});

test('P10 an ending that is refused changes nothing for the others, and is told why', async () => {
  await add(db.pool, {}, {});
  const [mine, other] = await claim(db.pool);
  if (mine === undefined || other === undefined) throw new Error('two tasks were added');
  const answers = await finishRuns(db.pool, [
    { ...completed(other), run_id: NOBODY },
    completed(mine, 'done'),
    { ...completed(mine), id: '999999999' },
  ]);
  expect(answers).toMatchObject([
    {
      outcome: 'refused',
      status: null,
      refused: { code: 'run_not_owner', detail: expect.stringContaining(`it is running for`) },
    },
    { outcome: 'accepted', status: 'succeeded', refused: null },
    { outcome: 'refused', refused: { code: 'task_not_found' } },
  ]);
  expect(await findTask(db.pool, other.id)).toMatchObject({ status: 'running', run_id: other.run_id });
});

test('P10 a repeated call answers what the first one did and changes nothing; another ending of the same run is refused', async () => {
  await add(db.pool, {}, {});
  const [one, two] = await claim(db.pool);
  if (one === undefined || two === undefined) throw new Error('two tasks were added');
  const endings: Ending[] = [
    completed(one, 'done'),
    { as: 'released', id: two.id, run_id: two.run_id, cause: 'shutdown' },
  ];
  const first = await finishRuns(db.pool, endings);
  await claim(db.pool, { worker: 'w-2' });
  const again = await finishRuns(db.pool, endings);
  expect(again).toEqual(first.map((answer) => ({ ...answer, outcome: 'repeated' })));
  expect(await findTask(db.pool, two.id)).toMatchObject({ status: 'running', worker: 'w-2' });
  const [changedMind] = await finishRuns(db.pool, [
    { as: 'failed', id: one.id, run_id: one.run_id, error: 'no', retry: false },
  ]);
  expect(changedMind).toMatchObject({
    outcome: 'refused',
    refused: { code: 'run_not_owner', detail: expect.stringContaining('was completed') },
  });
  expect((await listTaskEvents(db.pool, one.id, { limit: 10 })).map((event) => event.kind)).toEqual([
    'queued',
    'claimed',
    'completed',
  ]);
});

test('P10 the same run twice in one call ends once', async () => {
  const [id = ''] = await add(db.pool, {});
  const [run] = await claim(db.pool);
  if (run === undefined) throw new Error('a task was added');
  const answers = await finishRuns(db.pool, [completed(run), completed(run)]);
  expect(answers.map((answer) => answer.outcome).toSorted()).toEqual(['accepted', 'repeated']);
  expect((await listTaskEvents(db.pool, id, { limit: 10 })).filter((event) => event.kind === 'completed')).toHaveLength(
    1,
  );
});

test('P10 calls that bring back tasks of the same labels and repos in opposite orders do not stop each other', async () => {
  const SETS = 20;
  const labels = (index: number) => ({ skill: `skill-${index % 2}`, repo: index % 4 < 2 ? `repo-${index % 2}` : null });
  await db.pool.query(
    `insert into repo_gates (repo, max_in_progress) values ('repo-0', 100), ('repo-1', 100) on conflict (repo)
       do update set max_in_progress = 100`,
  );
  await add(db.pool, ...Array.from({ length: SETS * 4 }, (_, index) => labels(index)));
  const tasks: Awaited<ReturnType<typeof claim>> = [];
  for (;;) {
    const more = await claim(db.pool, { limit: 100 });
    if (more.length === 0) break;
    tasks.push(...more);
  }
  expect(tasks).toHaveLength(SETS * 4);
  const released = tasks.map(({ id, run_id }): Ending => ({ as: 'released', id, run_id, cause: 'shutdown' }));
  const batches = Array.from({ length: SETS }, (_, set) => released.filter((_ending, index) => index % SETS === set));
  const answers = await Promise.all(
    batches.map((batch, index) => finishRuns(db.pool, index % 2 === 0 ? batch : batch.toReversed())),
  );
  expect(answers.flat().filter((answer) => answer.outcome === 'accepted')).toHaveLength(SETS * 4);
});
