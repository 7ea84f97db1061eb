// Careful resume, over the services and over the database.
import { beforeEach, describe, expect, test } from 'vitest';
import { testOrchestra } from './test-orchestra.ts';

const running = testOrchestra({ clientName: 'admin of the test' });
const { run, json } = running;
beforeEach(running.empty);

const skeptic = { scope_kind: 'agent', scope_value: 'skeptic', reason: 'runaway loop' } as const;
async function take(): Promise<{ id: string; run_id: string }> {
  const { tasks: [task] } = await running.client.claim({ worker: 'w-1', agents: ['skeptic'], wait_seconds: 20 });
  if (task === undefined) throw new Error('nothing was let go');
  return task;
}

describe.each([[[]], [['--direct']]])('with %j', (direct: string[]) => {
  test('one task is let go and what becomes of it is shown, by exit code too; the pause holds the others', async () => {
    const { ids: [first, second] } = await running.client.enqueue({ tasks: [{ agent_id: 'skeptic' }, { agent_id: 'skeptic' }] });
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
    expect(await failing).toMatchObject({ code: 1, stdout: expect.stringMatching(/has not ended well.*it failed: the API key is gone/) });
    expect(await run(['senate', 'release', id, '--one', ...direct])).toMatchObject({ code: 1, stderr: expect.stringContaining('could start by being let go') });
    expect(await running.client.pauses()).toMatchObject({ pauses: [{ id }] });
  });

  test('a backlog goes at a pace and the pause ends with it; before that it can be stopped', async () => {
    await running.client.enqueue({ tasks: [{ agent_id: 'skeptic' }, { agent_id: 'skeptic' }] });
    const { id } = await running.client.pause(skeptic);
    expect(await json(['senate', 'release', id, '--within', '1h', ...direct])).toMatchObject({ release: { gap_seconds: 1_800, ended_as: null } });
    expect(await run(['senate', 'release', id, '--stop', ...direct])).toMatchObject({ code: 0, stdout: expect.stringContaining(`release of pause ${id} stopped`) });
    expect(await run(['senate', 'release', id, '--at-rate', '10/s', ...direct])).toMatchObject({ code: 0, stdout: expect.stringContaining(`pause ${id} is released: one task every 0.1 s`) });
    for (let count = 0; count < 2; count += 1) {
      const task = await take();
      await running.client.complete(task.id, { run_id: task.run_id });
    }
    await expect.poll(async () => (await running.client.pauses()).pauses, { timeout: 30_000 }).toEqual([]);
  });
});

test('how has to be said, once', async () => {
  expect(await run(['senate', 'release', '1'])).toMatchObject({ code: 2, stderr: expect.stringContaining('say how') });
  expect(await run(['senate', 'release', '1', '--one', '--stop'])).toMatchObject({ code: 2, stderr: expect.stringContaining('say how') });
  expect(await run(['senate', 'release', '--one'])).toMatchObject({ code: 2, stderr: expect.stringContaining('say which pause') });
  expect(await run(['senate', 'release', '1', '--at-rate', '5'])).toMatchObject({ code: 2, stderr: expect.stringContaining('is not a rate') });
});
