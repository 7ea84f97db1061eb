import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@orchestra-brake/client';
import type { NewTask } from '@orchestra/task-queue/contract';
import type { RecordedLabels, RecordedScope } from '../history/event.ts';
import { recordedCall } from './recorded-call.ts';
import type { Recorder } from './recorder.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { WorkPayload } from './work-payload.ts';

const LABELS = {
  agent: ['skeptic', 'scribe', 'scout'], skill: ['read', 'write', 'review'], quest: ['north', 'south'], actor: ['ada', 'bob', 'cyd', 'dan'],
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
// A call is tried twice and no more: what a client never hears the answer of is what is to be seen here.
const CALL = { triesMax: 2, timeLimitMs: 4_000 } as const;

export type FavouredScope = 'fleet' | 'pair';

export interface WorkloadOptions {
  client: Client;
  recorder: Recorder;
  random: SeededRandom;
  workMs: readonly [number, number];
  /** How many tasks have not ended; rejects while nobody can say. */
  backlog: () => Promise<number>;
  /** What most pauses are on; absent: labels, and now and then the others. */
  favours?: FavouredScope | undefined;
  /** Ends the workload; what it has under way then ends by its own limits. */
  signal: AbortSignal;
}

/** Adds tasks, pauses, clears, alerts and asks, all at the same time, until it is told to end. Every call is in the history. */
export async function runWorkload(options: WorkloadOptions): Promise<void> {
  await Promise.all([
    again(options, 'enqueue', [40, 150], addTasks),
    again(options, 'pause', [100, 450], pauseOrClear),
    again(options, 'alert', [300, 900], raiseAlert),
    again(options, 'look', [200, 600], look),
  ]);
}

type Party = (options: WorkloadOptions, random: SeededRandom, mine: Set<RecordedScope>) => Promise<void>;

async function again(options: WorkloadOptions, name: string, gapMs: readonly [number, number], party: Party): Promise<void> {
  const random = options.random.fork(name);
  const mine = new Set<RecordedScope>();
  while (!options.signal.aborted) {
    await party(options, random, mine);
    await delay(random.between(...gapMs), undefined, { signal: options.signal }).catch(() => {}); // aborted: seen above
  }
}

const addTasks: Party = async ({ client, recorder, workMs, backlog }, random) => {
  const tasks = Array.from({ length: random.between(1, 6) }, () => newTask(random, workMs));
  if (await backlog().catch(() => Infinity) > BACKLOG_MAX) return;
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
    const ttlSeconds = favours === undefined && scope.kind === 'fleet' ? 1 : random.chance(0.4) ? random.between(1, 4) : null;
    mine.add(scope);
    await recordedCall(recorder, { op: 'pause', phase: 'invoke', key, scope, ttlSeconds }, async () => {
      const { id: pause, settled } = await client.pause({ ...named(scope), reason: key, ttl_seconds: ttlSeconds }, change);
      return { op: 'pause', phase: 'ok', pause, settled: settled === true };
    });
    return;
  }
  // Now and then an actor, paused by us or not: that is how automatic pauses are cleared early.
  const oldest = [...mine][0];
  const target: RecordedScope = oldest === undefined || random.chance(0.4) ? { kind: 'actor', value: random.pick<string>(LABELS.actor) } : oldest;
  for (const scope of mine) if (JSON.stringify(named(scope)) === JSON.stringify(named(target))) mine.delete(scope);
  await recordedCall(recorder, { op: 'unpause', phase: 'invoke', key, target }, async () => {
    const { cleared } = await client.unpause({ ...named(target), reason: key }, change);
    return { op: 'unpause', phase: 'ok', cleared: cleared.map((pause) => pause.id) };
  });
};

/** One label, now and then two, and now and then the whole fleet. */
function anyScope(random: SeededRandom, favours: FavouredScope | undefined): RecordedScope {
  if (random.chance(favours === 'fleet' ? FAVOURED_SHARE : 0.06)) return { kind: 'fleet', value: '*' };
  const kind = random.pick(KINDS);
  const scope: RecordedScope = { kind, value: random.pick<string>(LABELS[kind]) };
  const other = random.pick(KINDS);
  return random.chance(favours === 'pair' ? 1 : 0.3) && other !== kind ? { ...scope, also: { [other]: random.pick<string>(LABELS[other]) } } : scope;
}

function named({ kind, value, also }: RecordedScope) {
  return { scope_kind: kind, scope_value: value, ...(also === undefined ? {} : { also }) };
}

const raiseAlert: Party = async ({ client, recorder }, random) => {
  const key = randomUUID();
  const actor = random.pick(LABELS.actor);
  const severity = random.chance(0.7) ? 'critical' : 'high';
  await recordedCall(recorder, { op: 'alert', phase: 'invoke', key, actor, severity }, async () => {
    const { id: alert } = await client.recordAlert({ kind: 'chaos', ref_id: actor, severity, details: { key } }, { ...CALL, idempotencyKey: key });
    return { op: 'alert', phase: 'ok', alert };
  });
};

const look: Party = async ({ client, recorder }, random) => {
  if (random.chance(0.5)) {
    await recordedCall(recorder, { op: 'list', phase: 'invoke' }, async () =>
      ({ op: 'list', phase: 'ok', pauses: (await client.allPauses({}, CALL)).map((pause) => pause.id) }));
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
function newTask(random: SeededRandom, workMs: readonly [number, number]): NewTask & { payload: Omit<WorkPayload, 'key'> } {
  const label = (values: readonly string[]): string | null => (random.chance(0.7) ? random.pick(values) : null);
  return {
    agent_id: label(LABELS.agent), skill: label(LABELS.skill), quest_id: label(LABELS.quest), actor_id: label(LABELS.actor),
    repo: random.chance(0.1) ? random.pick(REPOS) : null,
    priority: random.chance(0.8) ? 0 : random.between(-1, 1), max_attempts: ATTEMPTS_MAX, max_crashes: ATTEMPTS_MAX,
    payload: {
      ms: random.between(...workMs),
      manners: random.pick(['looks at checkpoints', 'heeds its signal', 'deaf']),
      failures: random.chance(0.05) ? 1 : 0,
    },
  };
}

function labelsOf(task: NewTask): RecordedLabels {
  return { agent: task.agent_id ?? null, skill: task.skill ?? null, quest: task.quest_id ?? null, actor: task.actor_id ?? null };
}
