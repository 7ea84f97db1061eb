import { InMemoryProvider, OpenFeature, type Client } from '@openfeature/server-sdk';
import { PauseReplica, LABEL_KINDS, type ActivePause, type LabelKind, type TaskLabels } from '@orchestra/pause-core';
import { figure, median, ratios } from '../figures.ts';
import type { Finding, Measure } from '../measure.ts';
import { interleave, type Take } from '../rounds.ts';
import { counted, roundName } from '../words.ts';

const NAME = 'is-paused';
const PAUSES = [10, 1_000, 10_000] as const;
// A power of two: the loops pick labels by a mask, which costs next to nothing.
const LABELS = 1_024;
const CHECKS = 200_000;
const FLAG_CHECKS = 1_000;

type Four = Required<{ [Label in keyof TaskLabels]: string }>;
type Paused = Record<LabelKind, Map<string, true>>;

/** What is compared, for one number of active pauses. */
interface Checked {
  count: number;
  replica: PauseReplica;
  maps: Paused;
  flags: Client;
}

/** Nothing covers the tasks that are asked about, so every check looks at all four labels. */
export const isPaused: Measure = {
  name: NAME,
  title: '`isPaused`, over four bare `Map.get`; OpenFeature’s in-memory provider over `isPaused`',
  steps: ({ rounds }) => rounds + 1,
  run: async ({ rounds, quick, step }) => {
    const labels = Array.from({ length: LABELS }, (_, index): Four => ({
      agentId: `agent-${index}`,
      skill: `skill-${index}`,
      questId: `quest-${index}`,
      actorId: `actor-${index}`,
    }));
    const all = await Promise.all(PAUSES.map(prepare));
    try {
      const takes = all.flatMap(({ count, replica, maps, flags }): [string, Take][] => [
        [`isPaused ${count}`, async () => nsEach(CHECKS, () => checkAll(replica, labels))],
        [`maps ${count}`, async () => nsEach(CHECKS, () => getAll(maps, labels))],
        [`flags ${count}`, () => nsOfFlags(flags, labels)],
      ]);
      const figures = await interleave(
        { rounds, parts: quick ? 3 : 7, beforeRound: (round) => step(roundName(NAME, 'in this process', round)) },
        new Map(takes),
      );
      const compare = (what: string, target: Finding['target'], measured: string, over: string): Finding => {
        const each = ratios(figures(measured), figures(over));
        return {
          measure: NAME,
          what,
          target,
          reached: median(each),
          rounds: each,
          detail: `${figure(median(figures(measured)))} over ${figure(median(figures(over)))} ns`,
        };
      };
      return {
        findings: [
          ...PAUSES.map((count) =>
            compare(
              `${counted(count, 'active pause')}, over four Map.get`,
              { atMost: 1.2 },
              `isPaused ${count}`,
              `maps ${count}`,
            ),
          ),
          compare('isPaused with 10,000 active pauses, over with 10', { atMost: 1.3 }, 'isPaused 10000', 'isPaused 10'),
          ...PAUSES.map((count) =>
            compare(
              `${counted(count, 'active pause')}: OpenFeature over isPaused`,
              { atLeast: 50 },
              `flags ${count}`,
              `isPaused ${count}`,
            ),
          ),
        ],
      };
    } finally {
      await OpenFeature.close();
      await Promise.all(all.map(({ replica }) => replica.stop()));
    }
  },
};

async function prepare(count: number): Promise<Checked> {
  const pauses = Array.from({ length: count }, (_, index) => activePause(index));
  const replica = new PauseReplica({ read: async () => pauses, listen: async () => async () => {} });
  await replica.start();
  const of = (kind: LabelKind): Map<string, true> =>
    new Map(pauses.filter(({ scope }) => scope.kind === kind).map(({ scope }) => [scope.value, true]));
  const maps: Paused = { actor: of('actor'), agent: of('agent'), skill: of('skill'), quest: of('quest') };
  return { count, replica, maps, flags: await flagClient(`${NAME}-${count}`, maps) };
}

function activePause(index: number): ActivePause {
  const kind = LABEL_KINDS[index % LABEL_KINDS.length] ?? 'agent';
  return {
    id: String(index + 1),
    scope: { kind, value: `paused-${kind}-${index}` },
    reason: 'measured',
    source: 'person',
    pausedAt: new Date(),
    pausedBy: 'bench',
    ttlSeconds: null,
    clearedAt: null,
    clearedBy: null,
    quietAt: null,
    endsAs: 'resume',
    stayedAt: null,
    probingAt: null,
    probeTaskId: null,
    warnedAt: null,
    remainingMs: null,
  };
}

function checkAll(replica: PauseReplica, labels: readonly Four[]): number {
  let paused = 0;
  for (let check = 0; check < CHECKS; check++) {
    const task = labels[check & (LABELS - 1)];
    if (task !== undefined && replica.isPaused(task).paused) paused += 1;
  }
  return paused;
}

function getAll({ actor, agent, skill, quest }: Paused, labels: readonly Four[]): number {
  let paused = 0;
  for (let check = 0; check < CHECKS; check++) {
    const task = labels[check & (LABELS - 1)];
    if (
      task !== undefined &&
      (actor.get(task.actorId) ?? agent.get(task.agentId) ?? skill.get(task.skill) ?? quest.get(task.questId)) !==
        undefined
    )
      paused += 1;
  }
  return paused;
}

/**
 * One flag for each kind, whose value is looked up by the label in the evaluation context: four evaluations are one
 * check.
 */
async function flagClient(domain: string, maps: Paused): Promise<Client> {
  const label: Record<LabelKind, keyof Four> = { actor: 'actorId', agent: 'agentId', skill: 'skill', quest: 'questId' };
  await OpenFeature.setProviderAndWait(
    domain,
    new InMemoryProvider(
      Object.fromEntries(
        LABEL_KINDS.map((kind) => [
          `${kind}-paused`,
          {
            variants: { on: true, off: false },
            defaultVariant: 'off',
            disabled: false,
            contextEvaluator: (context: Record<string, unknown>) =>
              maps[kind].get(String(context[label[kind]])) ? 'on' : 'off',
          },
        ]),
      ),
    ),
  );
  return OpenFeature.getClient(domain);
}

async function nsOfFlags(client: Client, labels: readonly Four[]): Promise<number> {
  const startedMs = performance.now();
  let paused = 0;
  for (let check = 0; check < FLAG_CHECKS; check++) {
    const task = { ...labels[check & (LABELS - 1)] };
    for (const kind of LABEL_KINDS)
      if (await client.getBooleanValue(`${kind}-paused`, false, task)) {
        paused += 1;
        break;
      }
  }
  if (paused !== 0) throw new Error('a flag says paused where nothing is');
  return ((performance.now() - startedMs) / FLAG_CHECKS) * 1e6;
}

function nsEach(times: number, loop: () => number): number {
  const startedMs = performance.now();
  const paused = loop();
  const tookMs = performance.now() - startedMs;
  // Also keeps the loop from being optimized away.
  if (paused !== 0) throw new Error('a check says paused where nothing is');
  return (tookMs / times) * 1e6;
}
