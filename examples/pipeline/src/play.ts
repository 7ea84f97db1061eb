import { writeFile } from 'node:fs/promises';
import type { Client } from '@orchestra-brake/client';
import { hold, waitFor } from '@orchestra/example-acceptance';
import type { TaskEventView, TaskView } from '@orchestra/task-queue/contract';
import { z } from 'zod';
import { branchOf, type Change } from './change.ts';
import { git } from './git.ts';
import { installDeliver, REPOS, type Place } from './place.ts';
import { reportStagingPreflight } from './runners.ts';

export interface Operator {
  client: Client;
  place: Place;
  signal: AbortSignal;
  /** Tells the reader what was seen. */
  saw: (line: string) => void;
}

const CHANGES: Change[] = [
  { repo: 'shop', name: 'prices', story: 'slow_suite' },
  { repo: 'shop', name: 'discounts', story: 'unclear' },
  { repo: 'shop', name: 'taxes', story: 'plain' },
  { repo: 'shop', name: 'postage', story: 'wrong_at_first' },
  { repo: 'shop', name: 'vouchers', story: 'plain' },
  { repo: 'site', name: 'headings', story: 'plain' },
  { repo: 'site', name: 'links', story: 'plain' },
  { repo: 'site', name: 'images', story: 'plain' },
];
const moved = z.object({ from: z.string(), to: z.string(), outcome: z.string() });
const STAGES = ['analysis', 'development', 'review', 'testing', 'staging', 'deploy'];
// Eight tasks, each through six stages with real suites, on a machine with much else to do.
const WITHIN_MS = 120_000;

/**
 * What an operator does and sees while eight tasks go from analysis to done. @throws NotHeld when something is not as
 * it was to be
 */
export async function play(operator: Operator): Promise<void> {
  const { client, place, saw } = operator;
  await reportStagingPreflight(client, place);
  const staging = (await client.queue()).runners.find(({ runner }) => runner === 'staging');
  hold(staging?.switched === 'on' && staging.permanent_env, 'the preflight of staging finds what is missing', staging);
  saw(`staging's preflight: ${staging.preflight?.says ?? ''}`);

  const { ids } = await client.enqueue({
    tasks: CHANGES.map((wanted) => ({
      pipeline: 'default',
      repo: wanted.repo,
      quest_id: 'pipeline',
      payload: { ...wanted, ref: branchOf(wanted) },
    })),
  });
  saw(`added ${ids.length} tasks in the stage analysis: five for shop, three for site`);
  const idOf = (name: string): string => ids[CHANGES.findIndex((wanted) => wanted.name === name)] ?? '';

  const pausedAt = await pauseTesting(operator, idOf('prices'));
  await answer(operator, idOf('discounts'));
  const resumedAt = await resumeTesting(operator);
  await repairStaging(operator);

  const done = await waitFor('all tasks are done', { withinMs: WITHIN_MS, signal: operator.signal }, async () => {
    const tasks = await Promise.all(ids.map((id) => client.task(id)));
    const failed = tasks.filter(({ status }) => status === 'failed');
    hold(failed.length === 0, 'no task fails', failed);
    return tasks.every(({ status }) => status === 'succeeded') ? tasks : undefined;
  });
  await verify(operator, done, { pausedAt, resumedAt });
}

/** Pulls the brake while a suite is running: that one goes on to its end, and nothing begins behind it. */
async function pauseTesting({ client, place, signal, saw }: Operator, slow: string): Promise<string> {
  await waitFor('the first suite of shop runs', { withinMs: WITHIN_MS, signal }, async () => {
    const task = await client.task(slow);
    return task.stage === 'testing' && task.status === 'running' ? task : undefined;
  });
  const receipt = await client.pause({
    scope_kind: 'skill',
    scope_value: 'testing',
    reason: 'the test hosts are moved',
    ttl_seconds: 600,
  });
  hold(
    receipt.settled === true && (receipt.in_flight ?? []).some(({ task_id }) => task_id === slow),
    'the receipt names the suite in flight',
    receipt,
  );
  saw(`paused the skill testing: ${receipt.in_flight_count} suite(s) in flight, nothing begins behind them`);
  await writeFile(place.go, '');
  await waitFor('the suite in flight ends well', { withinMs: WITHIN_MS, signal }, async () =>
    (await client.task(slow)).stage === 'testing' ? undefined : true,
  );
  return receipt.paused_at;
}

/**
 * One task has asked: it is parked, and shop goes on without it. The next of shop comes to testing, and stands there
 * with its repo.
 */
async function answer({ client, signal, saw }: Operator, asking: string): Promise<void> {
  const asked = await waitFor('a task asks', { withinMs: WITHIN_MS, signal }, async () => {
    const task = await client.task(asking);
    return task.questions !== null && task.paused_at !== null ? task : undefined;
  });
  const standing = await waitFor(
    'the next task of shop stands before testing',
    { withinMs: WITHIN_MS, signal },
    async () => (await client.tasks({ status: 'queued', repo: 'shop', skill: 'testing' })).tasks[0],
  );
  hold(standing.id !== asking && standing.stage === 'testing', 'another task of shop has gone on', standing);
  const gate = (await client.queue()).serial_gate.repos.find(({ repo }) => repo === 'shop');
  hold(
    gate?.in_progress === 1 && gate.holders[0]?.task_id === standing.id,
    'between two stages it keeps its repo’s gate',
    gate,
  );
  saw(
    `task ${asking} asks "${asked.questions ?? ''}" and is parked; task ${standing.id} stands before ` +
      'testing, and shop with it',
  );
  await client.answerTask(asking, { answer: '3' });
  saw(`answered task ${asking}: 3`);
}

async function resumeTesting({ client, saw }: Operator): Promise<string> {
  const { cleared } = await client.unpause({ scope_kind: 'skill', scope_value: 'testing', reason: 'they are back' });
  const at = cleared[0]?.cleared_at ?? null;
  hold(cleared.length === 1 && at !== null, 'the pause is cleared', cleared);
  saw('cleared the pause: what stood before testing goes on');
  return at;
}

/**
 * Nobody has installed the program that delivers site: its first task is held, with what to repair, and its repo waits
 * with it.
 */
async function repairStaging({ client, place, signal, saw }: Operator): Promise<void> {
  const held = await waitFor(
    'a task of site is held',
    { withinMs: WITHIN_MS, signal },
    async () => (await client.tasks({ status: 'held', repo: 'site' })).tasks[0],
  );
  hold(
    held.stage === 'staging' && held.attempt === 0 && held.last_outcome === 'environment',
    'it is held in staging, and no attempt is used',
    held,
  );
  const { alerts } = await client.alerts({ unacknowledged: true });
  hold(
    alerts.length === 1 && alerts[0]?.kind === 'task_held' && alerts[0].severity === 'high',
    'one alert says so',
    alerts,
  );
  const { runners } = await client.queue();
  hold(runners.find(({ runner }) => runner === 'staging')?.held === 1, 'GET /api/queue counts it', runners);
  saw(`task ${held.id} is held in staging: ${JSON.stringify(held.held_evidence).slice(0, 160)}…`);
  await installDeliver(place, 'site');
  await reportStagingPreflight(client, place);
  const resumed = await client.resumeHeld(held.id, { reason: 'the program is installed' });
  hold(resumed.status === 'queued' && resumed.stage === 'staging', 'it goes on in staging', resumed);
  saw(`repaired, and let go on (orchestra task release ${held.id})`);
}

async function verify(
  { client, place, saw }: Operator,
  tasks: TaskView[],
  paused: { pausedAt: string; resumedAt: string },
): Promise<void> {
  const stories = await Promise.all(
    tasks.map(async ({ id }) => ({ id, events: (await client.taskEvents(id, { limit: 200 })).events })),
  );
  for (const { id, events } of stories) {
    const moves = movesOf(events);
    hold(
      moves.at(-1) === 'deploy -> done: passed' &&
        STAGES.every((stage) => moves.some((move) => move.startsWith(`${stage} -> `) && move.endsWith(': passed'))),
      `task ${id} went through every stage`,
      moves,
    );
    hold(!testedWhile(events, paused), `task ${id} was not tested under the pause`, events);
  }
  const all = stories.flatMap(({ events }) => events);
  const count = (kind: string): number => all.filter((event) => event.kind === kind).length;
  const back = all
    .filter((event) => event.kind === 'stage')
    .map(moveOf)
    .filter((move) => move.endsWith(': failed'));
  hold(
    back.length === 1 && back[0] === 'testing -> development: failed',
    'one failed suite was sent back to development',
    back,
  );
  hold(
    count('held') === 1 && count('resumed') === 1 && count('asked') === 1 && count('answered') === 1,
    'one was held and let go on, one asked and was answered',
    [count('held'), count('asked')],
  );
  for (const repo of REPOS) {
    const changes = CHANGES.filter((wanted) => wanted.repo === repo);
    const log = (await git(`${place.repositories}/${repo}`, 'log', '--format=%s', 'main')).split('\n');
    hold(
      changes.every(({ name }) => log.includes(`Add ${name}`)),
      `main of ${repo} has every change`,
      log,
    );
  }
  saw(
    `all ${tasks.length} are done: every stage passed, ${back.length} suite sent back, ${count('held')} ` +
      `held and let go on, ${count('asked')} question answered, nothing tested under the pause`,
  );
}

function moveOf({ data }: TaskEventView): string {
  const { from, to, outcome } = moved.parse(data);
  return `${from} -> ${to}: ${outcome}`;
}

function movesOf(events: readonly TaskEventView[]): string[] {
  return events.filter(({ kind }) => kind === 'stage').map(moveOf);
}

/** Whether a run of the stage testing began between two instants. */
function testedWhile(
  events: readonly TaskEventView[],
  { pausedAt, resumedAt }: { pausedAt: string; resumedAt: string },
): boolean {
  let stage = STAGES[0];
  for (const event of events) {
    if (event.kind === 'stage') stage = moved.parse(event.data).to;
    if (event.kind === 'claimed' && stage === 'testing' && event.at > pausedAt && event.at < resumedAt) return true;
  }
  return false;
}
