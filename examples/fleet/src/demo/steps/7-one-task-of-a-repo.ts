import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hold } from '@orchestra/example-acceptance';
import { repoGateView, type RepoGateView } from '@orchestra/task-queue/contract';
import { z } from 'zod';
import { eventsOf } from '../queue-looks.ts';
import type { Stage } from '../stage.ts';

const REPO = 'demo/shop';
const SKILL = 'careful';

const shown = z.object({ repos: z.array(repoGateView) });

/** The gate of a repo, as the command line tells it. */
export async function gateOf(stage: Stage, repo: string): Promise<RepoGateView> {
  const {
    repos: [gate],
  } = shown.parse(await stage.orchestra('gate', 'show', repo));
  hold(gate !== undefined, `there is something to tell of ${repo}`, null);
  return gate;
}

/**
 * A worker with room for both, and two tasks of one repo: the second starts when the first has ended, and not before.
 */
export async function oneTaskOfARepo(stage: Stage): Promise<void> {
  const folder = join(stage.scratch, 'careful');
  await mkdir(folder, { recursive: true });
  const goOn = join(folder, 'go-on');
  const {
    ids: [first = '', second = ''],
  } = await stage.client.enqueue({
    tasks: [
      { repo: REPO, skill: SKILL, payload: { wait_for: goOn } },
      { repo: REPO, skill: SKILL },
    ],
  });
  stage.startCommandWorker({ skill: SKILL, concurrency: 2, folder });
  await stage.waitFor(
    `task ${first} runs`,
    20_000,
    async () => (await stage.client.task(first)).status === 'running' || undefined,
  );

  const gate = await gateOf(stage, REPO);
  hold(gate.in_progress === 1 && gate.holders[0]?.task_id === first, 'one task of the repo is in progress', gate);
  hold(gate.head?.task_id === second && gate.head.waiting_for === 'gate', 'the other one waits for its gate', gate);
  stage.saw(
    `task ${first} is in progress, task ${second} is first in line and waits for it, though the worker has room`,
  );

  await writeFile(goOn, '');
  for (const id of [first, second]) {
    await stage.waitFor(
      `task ${id} is done`,
      20_000,
      async () => (await stage.client.task(id)).status === 'succeeded' || undefined,
    );
  }
  const ended = (await eventsOf(stage.client, first)).find(({ kind }) => kind === 'completed');
  const began = (await eventsOf(stage.client, second)).find(({ kind }) => kind === 'claimed');
  hold(
    ended !== undefined && began !== undefined && BigInt(began.id) > BigInt(ended.id),
    'the second began after the first had ended',
    { ended, began },
  );
  stage.saw(
    `task ${second} was claimed ${Date.parse(began.at) - Date.parse(ended.at)} ms after task ${first} had ended`,
  );
}
