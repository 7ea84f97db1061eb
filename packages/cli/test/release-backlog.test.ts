// Careful resume, over the services and over the database.
import { beforeEach, describe, expect, test } from 'vitest';
import { testOrchestra } from './test-orchestra.ts';

const running = testOrchestra({ clientName: 'admin of the test' });
const { run, json } = running;
beforeEach(running.empty);

const skeptic = { scope_kind: 'agent', scope_value: 'skeptic', reason: 'runaway loop' } as const;
async function take(): Promise<{ id: string; run_id: string }> {
  const {
    tasks: [task],
  } = await running.client.claim({ worker: 'w-1', agents: ['skeptic'], wait_seconds: 20 });
  if (task === undefined) throw new Error('nothing was let go');
  return task;
}

describe.each([[[]], [['--direct']]])('with %j', (direct: string[]) => {
  test('one task is let go and what becomes of it is shown, by exit code too; the pause holds the others', async () => {
    const {
      ids: [first, second],
    } = await running.client.enqueue({ tasks: [{ agent_id: 'skeptic' }, { agent_id: 'skeptic' }] });
    const { id } = await running.client.pause(skeptic);
    const releasing = run(['senate', 'release', 'agent', 'skeptic', '--one', ...direct]);
    const good = await take();
    expect(good.id).toBe(first);
    await running.client.complete(good.id, { run_id: good.run_id });
    expect(await releasing).toMatchObject({ code: 0, stdout: expect.stringContaining(`task ${first} is done`) });
    const failing = run(['senate', 'release', id, '--one', ...direct]);
    const bad = await take();
    expect(bad.id).toBe(second);
    await running.client.fail(bad.id, { run_id: bad.run_id, error: 'the API key is gone', retry: false });
    expect(await failing).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/has not ended well.*it failed: the API key is gone/),
    });
    expect(await run(['senate', 'release', id, '--one', ...direct])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('could start by being let go'),
    });
    expect(await running.client.pauses()).toMatchObject({ pauses: [{ id }] });
  });

  test('a backlog goes at a pace and the pause ends with it; before that it can be stopped', async () => {
    await running.client.enqueue({ tasks: [{ agent_id: 'skeptic' }, { agent_id: 'skeptic' }] });
    const { id } = await running.client.pause(skeptic);
    expect(await json(['senate', 'release', id, '--within', '1h', ...direct])).toMatchObject({
      release: { gap_seconds: 1_800, ended_as: null },
    });
    expect(await run(['senate', 'release', id, '--stop', ...direct])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`release of pause ${id} stopped`),
    });
    expect(await run(['senate', 'release', id, '--at-rate', '10/s', ...direct])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`pause ${id} is released: one task every 0.1 s`),
    });
    for (let count = 0; count < 2; count += 1) {
      const task = await take();
      await running.client.complete(task.id, { run_id: task.run_id });
    }
    await expect.poll(async () => (await running.client.pauses()).pauses, { timeout: 30_000 }).toEqual([]);
  });
});

test('how has to be said, once', async () => {
  expect(await run(['senate', 'release', '1'])).toMatchObject({ code: 2, stderr: expect.stringContaining('say how') });
  expect(await run(['senate', 'release', '1', '--one', '--stop'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('say how'),
  });
  expect(await run(['senate', 'release', '--one'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('say which pause'),
  });
  expect(await run(['senate', 'release', '1', '--at-rate', '5'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is not a rate'),
  });
});

describe.each([[[]], [['--direct']]])('triage with %j', (direct: string[]) => {
  test('groups are shown, previewed, cancelled and parked, and the pause is ended where that is said', async () => {
    const {
      ids: [first, second, third],
    } = await running.client.enqueue({
      tasks: [
        { agent_id: 'skeptic', quest_id: 'q-1' },
        { agent_id: 'skeptic', quest_id: 'q-2' },
        { agent_id: 'skeptic' },
      ],
    });
    const { id } = await running.client.pause(skeptic);
    expect(await run(['senate', 'triage', 'agent', 'skeptic', ...direct])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/3 tasks wait under pause \d+, by age:[^]*1h[^]*added within the last hour/),
    });
    expect(await run(['senate', 'triage', id, '--by', 'quest', '--cancel', 'q-9', ...direct])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no task waits in a group "q-9" by quest; there are: "", q-1, q-2'),
    });
    const acts = ['senate', 'triage', id, '--by', 'quest', '--cancel', 'q-1', '--park', 'q-2'];
    expect(await run([...acts, '--dry-run', ...direct])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('dry run: 1 would be cancelled, 1 parked; 1 would be left to run'),
    });
    expect(await running.client.task(first ?? '')).toMatchObject({ status: 'queued' });
    expect(await json([...acts, '--clear', '--reason', 'overtaken', ...direct])).toMatchObject({
      done: { cancelled: 1, parked: 1, left: 1 },
      cleared: true,
    });
    expect(
      await Promise.all(
        [first, second, third].map(async (task) => {
          const { status, pause_reason: why } = await running.client.task(task ?? '');
          return [status, why];
        }),
      ),
    ).toEqual([
      ['cancelled', null],
      ['queued', 'overtaken'],
      ['queued', null],
    ]);
    expect((await running.client.pauses()).pauses).toEqual([]);
  });
});

test('a broad triage is not carried out where there is nobody to ask', async () => {
  await running.client.enqueue({ tasks: Array.from({ length: 20 }, () => ({ agent_id: 'skeptic' })) });
  const { id } = await running.client.pause(skeptic);
  expect(await run(['senate', 'triage', id, '--cancel', '1h'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('this would cancel 20 tasks'),
  });
  expect(await run(['senate', 'triage', id, '--cancel', '1h', '--yes'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('20 cancelled, 0 parked'),
  });
});
