import { afterEach, expect, test } from 'vitest';
import { until } from '@orchestra/testkit';
import { fresh, gate, startOrchestra } from './orchestra.ts';
import { WorkerProcess } from './worker-process.ts';

const orchestra = startOrchestra({ leaseSeconds: 2 });
const processes: WorkerProcess[] = [];
afterEach(() => Promise.all(processes.splice(0).map((one) => one.kill())));

function start(name: string, mode: 'quick' | 'hang' | 'loop'): WorkerProcess {
  const started = new WorkerProcess(orchestra, { WORKER_NAME: name, WORKER_MODE: mode });
  processes.push(started);
  return started;
}

const statusOf = async (id: string) => (await orchestra.admin.task(id)).status;

test('P5 a worker that is killed and started again starts nothing paused, and everything else', async () => {
  const [skeptic, scribe] = [fresh('skeptic'), fresh('scribe')];
  const {
    ids: [first = '', other = ''],
  } = await orchestra.admin.enqueue({ tasks: [{ agent_id: skeptic }, { agent_id: scribe }] });
  const before = start('before', 'hang');
  await before.told('claimed', first);
  await before.told('claimed', other);

  const { paused_at } = await orchestra.admin.pause({
    scope_kind: 'agent',
    scope_value: skeptic,
    reason: 'runaway loop',
  });
  const {
    ids: [waiting = ''],
  } = await orchestra.admin.enqueue({ agent_id: skeptic });
  await before.kill();
  const after = start('after', 'quick');
  // Both runs of the killed one are taken away; only the unpaused task may start again.
  await after.told('finished', other);
  await until('the paused one is back in its place', async () => (await statusOf(first)) === 'queued');
  const {
    ids: [last = ''],
  } = await orchestra.admin.enqueue({ agent_id: scribe });
  await after.told('finished', last);
  const { rows } = await orchestra.db.pool.query(
    "select 1 from task_events e where e.task_id = any ($1::bigint[]) and e.kind = 'claimed' and e.at > $2",
    [[first, waiting], paused_at],
  );
  expect(rows).toEqual([]);
  expect(await Promise.all([first, waiting].map(statusOf))).toEqual(['queued', 'queued']);

  await orchestra.admin.unpause({ scope_kind: 'agent', scope_value: skeptic });
  await after.told('finished', first);
  await after.told('finished', waiting);
});

test('P10 a run that takes longer than its lease is kept by its heartbeats', async () => {
  const {
    ids: [id = ''],
  } = await orchestra.admin.enqueue({ skill: fresh('long') });
  const goOn = gate();
  const { worker, heard } = orchestra.worker({ handlers: { '*': () => goOn.opened } });
  await worker.start();
  await heard.first('claimed', ({ task }) => task.id === id);
  await until('more than a lease has passed, by the clock of the database', async () => {
    const { rows } = await orchestra.db.pool.query(
      'select 1 from tasks t where t.id = $1 and clock_timestamp() > t.started_at + make_interval(secs => 3)',
      [id],
    );
    return rows.length > 0;
  });
  goOn.open();
  await heard.first('finished');
  expect(heard.all('heartbeat-failed')).toEqual([]);
  expect(await orchestra.story(id)).toEqual(['queued', 'claimed', 'completed']);
});

test('P10 a worker that comes back after its run was taken from it is refused, told why, and its work stops', async () => {
  const {
    ids: [id = ''],
  } = await orchestra.admin.enqueue({ agent_id: fresh('scribe') });
  const zombie = start('zombie', 'loop');
  await zombie.told('claimed', id);
  zombie.freeze();
  await until('its run is taken away', async () => (await orchestra.story(id)).includes('reaped'));
  const { worker, heard } = orchestra.worker({ name: 'successor', handlers: { '*': async () => 'by the successor' } });
  await worker.start();
  await heard.first('finished', ({ task }) => task.id === id);

  zombie.thaw();
  const { why } = await zombie.told('run-lost', id);
  expect(why).toMatch(/was reaped at .* it succeeded/);
  expect(await orchestra.admin.task(id)).toMatchObject({
    status: 'succeeded',
    result: 'by the successor',
    worker: 'successor',
  });
  expect(await orchestra.story(id)).toEqual(['queued', 'claimed', 'reaped', 'claimed', 'completed']);
});

test('P10 a worker that cannot reach the service for its whole lease stops its work by itself', async () => {
  const {
    ids: [id = ''],
  } = await orchestra.admin.enqueue({ skill: fresh('partition') });
  const { worker, heard } = orchestra.worker({
    handlers: {
      '*': (_task, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    },
  });
  await worker.start();
  await heard.first('claimed', ({ task }) => task.id === id);
  orchestra.toClaimer.refuse();
  await heard.first('finish-failed'); // it has ended, and would hand the run back
  await until('its run is taken away', async () => (await orchestra.story(id)).includes('reaped'));
  orchestra.toClaimer.pass();
  await expect(heard.first('run-lost')).resolves.toMatchObject({ why: expect.stringContaining('was reaped') });
});
