import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { enqueueRequest } from '@orchestra/task-queue/contract';
import { expect, test } from 'vitest';
import { ScratchRepository } from '../test/scratch-repository.ts';
import type { AgentName } from './agents.ts';
import { inCalls } from './enqueue-plan.ts';
import { planSweep, type PlannedTask } from './plan.ts';

const filesOf = (plan: PlannedTask[], skill: string): unknown[] =>
  plan.filter((task) => task.skill === skill).flatMap((task) => task.payload.files);
const perAgent = (plan: PlannedTask[]): Record<AgentName, number> => {
  const counts: Record<AgentName, number> = { skeptic: 0, librarian: 0, scribe: 0 };
  for (const task of plan) counts[task.agent_id] += 1;
  return counts;
};

test('every tracked file is in one integrity task; documents and sources go to those who read them', async () => {
  const repository = new ScratchRepository({ 'a.ts': '', 'b.md': '', 'c.bin': '\0', 'sub/d.py': '' });
  symlinkSync('a.ts', join(repository.root, 'link.ts'));
  repository.commit();
  repository.write('untracked.ts', '');
  const plan = await planSweep(join(repository.root, 'sub')); // from anywhere inside
  expect(filesOf(plan, 'integrity_sweeper')).toEqual(['a.ts', 'b.md', 'c.bin', 'link.ts', 'sub/d.py']);
  expect(filesOf(plan, 'link_check')).toEqual(['b.md']);
  expect(filesOf(plan, 'comment_classifier')).toEqual(['a.ts', 'sub/d.py']);
  expect(filesOf(plan, 'debate')).toEqual(['a.ts', 'b.md', 'sub/d.py']);
  expect(plan[0]).toEqual({
    agent_id: 'skeptic',
    skill: 'integrity_sweeper',
    quest_id: 'quest-integrity',
    actor_id: 'acct-skeptic',
    payload: { repo: repository.root, files: ['a.ts'] },
  });
  expect(perAgent(plan)).toEqual({ skeptic: 7, librarian: 2, scribe: 2 });
});

test('a large repository makes a bounded plan, and calls that the service takes', async () => {
  const repository = new ScratchRepository();
  const blob = repository.git('hash-object', '-w', '--stdin').trim();
  const index = Array.from(
    { length: 20_000 },
    (_, at) => `100644 ${blob}\tfolder-${at % 97}/${'long name '.repeat(10)}${at}.ts`,
  );
  repository.gitInput(`${index.join('\n')}\n`, 'update-index', '--index-info');
  const plan = await planSweep(repository.root);
  expect(new Set(filesOf(plan, 'integrity_sweeper')).size).toBe(20_000);
  expect(perAgent(plan)).toEqual({ skeptic: 900, librarian: 0, scribe: 800 });
  const calls = inCalls(plan);
  expect(calls.flat()).toEqual(plan);
  for (const tasks of calls) {
    expect(Buffer.byteLength(JSON.stringify({ tasks }))).toBeLessThan(256 * 1024);
    expect(enqueueRequest.safeParse({ tasks }).success).toBe(true);
  }
});

test('a folder without a repository, and one without files, are told as such', async () => {
  const repository = new ScratchRepository();
  expect(await planSweep(repository.root)).toEqual([]);
  repository.git('init', '--quiet', '--bare', 'bare.git');
  await expect(planSweep(join(repository.root, 'bare.git'))).rejects.toMatchObject({ code: 'not_a_repository' });
  await expect(planSweep('/')).rejects.toMatchObject({ code: 'not_a_repository' });
  await expect(planSweep('/nowhere')).rejects.toMatchObject({ code: 'not_a_repository' });
});
