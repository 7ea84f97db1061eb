// The fleet with real services and agents as real processes.
import { until } from '@orchestra/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { AGENT_NAMES } from '../src/agents.ts';
import { enqueuePlan } from '../src/enqueue-plan.ts';
import { planSweep } from '../src/plan.ts';
import { runFleet, type FleetReport } from '../src/run-fleet.ts';
import { startOrchestra } from './orchestra.ts';
import { ScratchRepository } from './scratch-repository.ts';

const orchestra = startOrchestra({ leaseSeconds: 2 });

function startFleet(repo: string, { once = true, paceMs = 0, stopping = new AbortController() } = {}) {
  const said: string[] = [];
  const ended = runFleet({
    client: orchestra.client,
    repo,
    once,
    paceMs,
    env: orchestra.env,
    say: (line) => {
      said.push(line);
    },
    signal: stopping.signal,
  });
  ended.catch(() => {}); // the test awaits it
  return {
    said,
    ended,
    stop: async (): Promise<FleetReport> => {
      stopping.abort();
      return ended;
    },
  };
}

test('one sweep: each agent does its part, and the results are in the rows of the tasks', async () => {
  const repository = new ScratchRepository({
    'a.ts': '// TODO: less\n',
    'b.md': '[gone](c.md)\n',
    'ledger.txt': 'pay 10\n',
  });
  repository.write('ledger.txt', 'pay 99\n');
  const { ended, said } = startFleet(repository.root);
  expect(await ended).toEqual({ done: 7, failed: 0, givenUp: false });
  expect(said.at(-1)).toBe('skeptic 4/4 · librarian 2/2 · scribe 1/1');

  const { tasks } = await orchestra.client.tasks({ limit: 200 });
  const own = tasks.filter(({ payload }) => payload['repo'] === repository.root);
  expect(
    own.map(({ status, worker, agent_id: agent }) => status === 'succeeded' && worker?.startsWith(`${agent}-`)),
  ).toEqual(Array(7).fill(true));
  const resultOf = (skill: string, file: string) =>
    own.find((task) => task.skill === skill && String(task.payload['files']) === file)?.result;
  expect(resultOf('integrity_sweeper', 'ledger.txt')).toMatchObject({
    checked: 1,
    intact: 0,
    findings: { list: [{ what: 'modified' }] },
  });
  expect(resultOf('link_check', 'b.md')).toMatchObject({
    findings: { list: [{ target: 'c.md', what: 'no_such_file' }] },
  });
  expect(resultOf('comment_classifier', 'a.ts')).toMatchObject({ by_kind: { TODO: 1 } });
  expect(resultOf('debate', 'a.ts')).toMatchObject({
    verdict: 'leave_alone',
    rounds: [{ topic: 'size' }, { topic: 'coupling' }, { topic: 'churn' }],
  });
});

test('a payload that cannot be worked on fails its task for good, and clearly', async () => {
  const {
    ids: [id = ''],
  } = await orchestra.client.enqueue({ agent_id: 'skeptic', skill: 'debate', payload: { repo: '/', files: [] } });
  await startFleet(new ScratchRepository({ 'a.ts': '' }).root).ended;
  expect(await orchestra.client.task(id)).toMatchObject({
    status: 'failed',
    attempt: 1,
    result: { code: 'bad_payload' },
  });
  const { events } = await orchestra.client.taskEvents(id);
  expect(events.at(-1)).toMatchObject({
    kind: 'failed',
    data: { error: expect.stringContaining('payload cannot be worked on: files') },
  });
});

test('an agent that was killed is started again, and no task is lost', async () => {
  const repository = new ScratchRepository(
    Object.fromEntries(Array.from({ length: 4 }, (_, at) => [`${at}.ts`, 'x();\n'])),
  );
  const { ended, said } = startFleet(repository.root, { paceMs: 100 });
  const running = await until(
    'skeptic has a task in hand',
    async () => (await orchestra.client.tasks({ agent_id: 'skeptic', status: 'running' })).tasks[0],
  );
  process.kill(running.pid ?? 0, 'SIGKILL');
  expect(await ended).toEqual({ done: 12, failed: 0, givenUp: false });
  expect(said).toContain('skeptic has died (SIGKILL) and is started again');
  const { events } = await orchestra.client.taskEvents(running.id);
  expect(events.map(({ kind }) => kind)).toEqual(['queued', 'claimed', 'reaped', 'claimed', 'completed']);
});

test('P4 a paused agent stops at its checkpoint, and its debate goes on from there after the pause', async () => {
  const repository = new ScratchRepository({ 'a.ts': 'x();\n' });
  // Long enough that the pause is heard before the last of the three rounds, on a busy machine as well.
  const { ended, said } = startFleet(repository.root, { paceMs: 1_000 });
  const debate = await until(
    'skeptic debates',
    async () => (await orchestra.client.tasks({ agent_id: 'skeptic', skill: 'debate', status: 'running' })).tasks[0],
  );
  await orchestra.client.pause({ scope_kind: 'agent', scope_value: 'skeptic', reason: 'runaway loop' });
  onTestFinished(async () => {
    await orchestra.client.unpause({ scope_kind: 'agent', scope_value: 'skeptic' });
  });
  const stopped = await until('it has stopped', async () => {
    const task = await orchestra.client.task(debate.id);
    return task.status === 'queued' ? task : undefined;
  });
  // After the first round, or after the second where the pause came late.
  expect([['size'], ['size', 'coupling']]).toContainEqual(
    z
      .object({ rounds: z.array(z.object({ topic: z.string() })) })
      .parse(stopped.cursor)
      .rounds.map(({ topic }) => topic),
  );
  expect(
    await until('the fleet says so', () => said.find((line) => line.includes('stopped at a checkpoint'))),
  ).toContain('runaway loop');
  expect(await until('and shows it', () => said.find((line) => line.includes('(paused: runaway loop)')))).toContain(
    'skeptic 1/2',
  );
  await orchestra.client.unpause({ scope_kind: 'agent', scope_value: 'skeptic' });
  expect(await ended).toMatchObject({ done: 3, failed: 0 });
  expect(await orchestra.client.task(debate.id)).toMatchObject({
    status: 'succeeded',
    result: { rounds: [{ topic: 'size' }, { topic: 'coupling' }, { topic: 'churn' }] },
  });
});

test('a folder without files is told as such', async () => {
  await expect(startFleet(new ScratchRepository().root).ended).rejects.toThrow('tracks no files');
  await expect(startFleet('/').ended).rejects.toMatchObject({ code: 'not_a_repository' });
});

// The last one: what it leaves in the queue would be another test's backlog.
test('a fleet that goes on begins with what an earlier one has left, and stops when it is told to', async () => {
  const repository = new ScratchRepository({ 'a.ts': '', 'b.md': '' });
  for (const agent of AGENT_NAMES) {
    await orchestra.client.pause({ scope_kind: 'agent', scope_value: agent, reason: 'so that the queue stands still' });
    onTestFinished(async () => {
      await orchestra.client.unpause({ scope_kind: 'agent', scope_value: agent });
    });
  }
  const elsewhere = new ScratchRepository({ 'other.md': '' });
  await enqueuePlan(orchestra.client, await planSweep(elsewhere.root));
  const left = await enqueuePlan(
    orchestra.client,
    (await planSweep(repository.root)).filter(({ agent_id: agent }) => agent === 'skeptic'),
  );
  const { said, stop } = startFleet(repository.root, { once: false });
  await until('it is at work', () => said.find((line) => line.includes('are at work')));
  const queued = async (agent: string): Promise<number> =>
    (await orchestra.client.tasks({ agent_id: agent, status: 'queued', limit: 200 })).tasks.filter(
      ({ payload }) => payload['repo'] === repository.root,
    ).length;
  expect(await queued('skeptic')).toBe(left.skeptic.length);
  expect(await queued('librarian')).toBe(2);
  await until('agents have come up', () => said.find((line) => line.startsWith(`skeptic 0/${left.skeptic.length} `)));
  expect(await stop()).toEqual({ done: 0, failed: 0, givenUp: false });
});
