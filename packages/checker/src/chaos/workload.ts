import { randomUUID } from 'node:crypto';
import type { Client } from '@orchestra-brake/client';
import type { NewTask } from '@orchestra/task-queue/contract';
import { sleep } from '@orchestra/timing';
import type { ActKind, RecordedLabels, RecordedScope } from '../history/event.ts';
import { recordedCall } from './recorded-call.ts';
import type { Recorder } from './recorder.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { WorkPayload } from './work-payload.ts';

export type TaskLabels = Pick<NewTask, 'agent_id' | 'skill' | 'quest_id' | 'actor_id'>;

/** What work carries, and what is paused. */
const LABELS = {
  agent: ['skeptic', 'scribe', 'scout'],
  skill: ['read', 'write', 'review'],
  quest: ['north', 'south'],
  actor: ['ada', 'bob', 'cyd', 'dan'],
} as const;
const REPOS = ['docs', 'site', 'tools'];
const KINDS = ['agent', 'skill', 'quest', 'actor'] as const;

// Far more than are ever used up by errors and crashes made on purpose: here tasks are to end by being done.
const ATTEMPTS_MAX = 50;
// Tasks that wait at the most, so that what is left at the end can be done in time.
const BACKLOG_MAX = 150;
// Pauses of our own at a time: with every label paused nothing would be claimed, and nothing proven.
const PAUSES_MAX = 5;
const FAVOURED_SHARE = 0.7;
// Tasks that one act names.
const ACTED_AT_ONCE = 3;
const STOP_GRACE_SECONDS = 1;
// Longer than a run that was told to stop may go on, so that one which does is seen.
const LONG_WORK_MS = [20_000, 25_000] as const;
// A call is tried twice and no more: what a client never hears the answer of is what is to be seen here.
const CALL = { triesMax: 2, timeLimitMs: 4_000 } as const;

/** What a run is about more than others: pauses of the fleet or of pairs, or runs that go on long and are stopped. */
export type Favoured = 'fleet' | 'pair' | 'stops';

export interface WorkloadOptions {
  client: Client;
  recorder: Recorder;
  random: SeededRandom;
  workMs: readonly [number, number];
  /** How many tasks have not ended; rejects while nobody can say. */
  backlog: () => Promise<number>;
  /** Absent: pauses of labels, and now and then of the others. */
  favours?: Favoured | undefined;
  /** Ends the workload; what it has under way then ends by its own limits. */
  signal: AbortSignal;
}

/**
 * Adds tasks, pauses, clears, alerts and asks, all at the same time, until it is told to end. Every call is in the
 * history.
 */
export async function runWorkload(options: WorkloadOptions): Promise<void> {
  await Promise.all([
    again(options, 'enqueue', [40, 150], addTasks),
    again(options, 'pause', [100, 450], pauseOrClear),
    again(options, 'act', [150, 600], actOnTasks),
    again(options, 'alert', [300, 900], raiseAlert),
    again(options, 'look', [200, 600], look),
  ]);
}

type Party = (options: WorkloadOptions, random: SeededRandom, mine: Set<RecordedScope>) => Promise<void>;

async function again(
  options: WorkloadOptions,
  name: string,
  gapMs: readonly [number, number],
  party: Party,
): Promise<void> {
  const random = options.random.fork(name);
  const mine = new Set<RecordedScope>();
  while (!options.signal.aborted) {
    await party(options, random, mine);
    await sleep(random.between(...gapMs), options.signal); // aborted: seen above
  }
}

const addTasks: Party = async ({ client, recorder, workMs, backlog, favours }, random) => {
  const tasks = Array.from({ length: random.between(1, 6) }, () =>
    newTask(random, favours === 'stops' ? LONG_WORK_MS : workMs),
  );
  if ((await backlog().catch(() => Infinity)) > BACKLOG_MAX) return;
  const key = randomUUID();
  const keyed = tasks.map((task) => ({ ...task, payload: { ...task.payload, key } satisfies WorkPayload }));
  await recordedCall(recorder, { op: 'enqueue', phase: 'invoke', key, tasks: tasks.map(labelsOf) }, async () => {
    const { ids } = await client.enqueue({ tasks: keyed }, { ...CALL, idempotencyKey: key });
    return { op: 'enqueue', phase: 'ok', ids };
  });
};

const pauseOrClear: Party = async ({ client, recorder, favours }, random, mine) => {
  const key = randomUUID();
  const change = { ...CALL, idempotencyKey: key };
  // Nothing of ours is paused: a run without a pause would prove nothing.
  if (mine.size === 0 || (random.chance(0.5) && mine.size < PAUSES_MAX)) {
    const scope = anyScope(random, favours);
    // Under a pause of the whole fleet nothing else happens, so it is short.
    const ttlSeconds =
      favours === undefined && scope.kind === 'fleet' ? 1 : random.chance(0.4) ? random.between(1, 4) : null;
    mine.add(scope);
    await recordedCall(recorder, { op: 'pause', phase: 'invoke', key, scope, ttlSeconds }, async () => {
      const { id: pause, settled } = await client.pause(
        { ...named(scope), reason: key, ttl_seconds: ttlSeconds },
        change,
      );
      return { op: 'pause', phase: 'ok', pause, settled: settled === true };
    });
    return;
  }
  // Now and then an actor, paused by us or not: that is how automatic pauses are cleared early.
  const oldest = [...mine][0];
  const target: RecordedScope =
    oldest === undefined || random.chance(0.4) ? { kind: 'actor', value: random.pick<string>(LABELS.actor) } : oldest;
  for (const scope of mine) if (JSON.stringify(named(scope)) === JSON.stringify(named(target))) mine.delete(scope);
  await recordedCall(recorder, { op: 'unpause', phase: 'invoke', key, target }, async () => {
    const { cleared } = await client.unpause({ ...named(target), reason: key }, change);
    return { op: 'unpause', phase: 'ok', cleared: cleared.map((pause) => pause.id) };
  });
};

/** One label, now and then two, and now and then the whole fleet. */
function anyScope(random: SeededRandom, favours: Favoured | undefined): RecordedScope {
  if (random.chance(favours === 'fleet' ? FAVOURED_SHARE : 0.06)) return { kind: 'fleet', value: '*' };
  const kind = random.pick(KINDS);
  const scope: RecordedScope = { kind, value: random.pick<string>(LABELS[kind]) };
  const other = random.pick(KINDS);
  return random.chance(favours === 'pair' ? 1 : 0.3) && other !== kind
    ? { ...scope, also: { [other]: random.pick<string>(LABELS[other]) } }
    : scope;
}

function named({ kind, value, also }: RecordedScope) {
  return { scope_kind: kind, scope_value: value, ...(also === undefined ? {} : { also }) };
}

const ACTS: readonly ActKind[] = ['cancel', 'retry', 'stop', 'release'];
/** Which tasks an act is for, by their status. */
const MEANS = { cancel: 'queued', retry: 'cancelled', stop: 'running' } as const;

/**
 * What an operator does to a few tasks. Which they are is asked beforehand; what has changed by then is passed over.
 */
const actOnTasks: Party = async (options, random) => {
  const act = options.favours === 'stops' ? 'stop' : random.pick(ACTS);
  if (act === 'release') return releaseOne(options, random);
  const { client, recorder } = options;
  // No answer: the next turn looks again.
  const listed = await client.tasks({ status: MEANS[act], limit: ACTED_AT_ONCE }, CALL).catch(() => undefined);
  const ids = listed?.tasks.map((task) => task.id) ?? [];
  if (ids.length === 0) return;
  const key = randomUUID();
  const change = { ...CALL, idempotencyKey: key };
  await recordedCall(recorder, { op: 'act', phase: 'invoke', act, key, named: ids }, async () => {
    if (act === 'stop') {
      const { runs } = await client.stopTasks(
        { ids, then: random.pick(['requeue', 'cancel']), grace_seconds: STOP_GRACE_SECONDS, reason: key },
        change,
      );
      return { op: 'act', phase: 'ok', act, tasks: runs.map((run) => run.task_id) };
    }
    const { changed_ids: tasks } = await (act === 'cancel'
      ? client.cancelTasks({ ids, reason: key }, change)
      : client.retryTasks({ ids, reason: key }, change));
    return { op: 'act', phase: 'ok', act, tasks };
  });
};

/** One task is let go under a pause that holds on. */
async function releaseOne({ client, recorder }: WorkloadOptions, random: SeededRandom): Promise<void> {
  const pauses = await client.allPauses({}, CALL).catch(() => []); // no answer: the next turn looks again
  if (pauses.length === 0) return;
  const { id } = random.pick(pauses);
  const key = randomUUID();
  await recordedCall(recorder, { op: 'act', phase: 'invoke', act: 'release', key, named: [id] }, async () => {
    const { release } = await client.releaseBacklog({ id, one: true, reason: key }, { ...CALL, idempotencyKey: key });
    return {
      op: 'act',
      phase: 'ok',
      act: 'release',
      tasks: release === null || release.last_task_id === null ? [] : [release.last_task_id],
    };
  });
}

const raiseAlert: Party = async ({ client, recorder }, random) => {
  const key = randomUUID();
  const actor = random.pick(LABELS.actor);
  const severity = random.chance(0.7) ? 'critical' : 'high';
  await recordedCall(recorder, { op: 'alert', phase: 'invoke', key, actor, severity }, async () => {
    const { id: alert } = await client.recordAlert(
      { kind: 'chaos', ref_id: actor, severity, details: { key } },
      { ...CALL, idempotencyKey: key },
    );
    return { op: 'alert', phase: 'ok', alert };
  });
};

const look: Party = async ({ client, recorder }, random) => {
  if (random.chance(0.5)) {
    await recordedCall(recorder, { op: 'list', phase: 'invoke' }, async () => ({
      op: 'list',
      phase: 'ok',
      pauses: (await client.allPauses({}, CALL)).map((pause) => pause.id),
    }));
    return;
  }
  const kind = random.pick(KINDS);
  const scope: RecordedScope = { kind, value: random.pick<string>(LABELS[kind]) };
  const labels: RecordedLabels = { agent: null, skill: null, quest: null, actor: null, [kind]: scope.value };
  await recordedCall(recorder, { op: 'check', phase: 'invoke', labels }, async () => {
    const { paused, stale } = await client.check({ [`${kind}_id`.replace('skill_id', 'skill')]: scope.value }, CALL);
    return { op: 'check', phase: 'ok', paused, stale };
  });
};

/** Most tasks are alike; some have no label of a kind, fail at first, or do not heed anything. */
function newTask(
  random: SeededRandom,
  workMs: readonly [number, number],
): NewTask & { payload: Omit<WorkPayload, 'key'> } {
  return {
    ...someLabels(random),
    repo: random.chance(0.1) ? random.pick(REPOS) : null,
    priority: random.chance(0.8) ? 0 : random.between(-1, 1),
    max_attempts: ATTEMPTS_MAX,
    max_crashes: ATTEMPTS_MAX,
    payload: {
      ms: random.between(...workMs),
      manners: random.pick(['looks at checkpoints', 'heeds its signal', 'deaf']),
      failures: random.chance(0.05) ? 1 : 0,
    },
  };
}

/** A label of most kinds, and none of the others. */
export function someLabels(random: SeededRandom): TaskLabels {
  const label = (values: readonly string[]): string | null => (random.chance(0.7) ? random.pick(values) : null);
  return {
    agent_id: label(LABELS.agent),
    skill: label(LABELS.skill),
    quest_id: label(LABELS.quest),
    actor_id: label(LABELS.actor),
  };
}

export function labelsOf(task: TaskLabels): RecordedLabels {
  return {
    agent: task.agent_id ?? null,
    skill: task.skill ?? null,
    quest: task.quest_id ?? null,
    actor: task.actor_id ?? null,
  };
}
