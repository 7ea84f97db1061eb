import { prepareLabels } from '@orchestra-brake/brake';
import { makeBrake, type Brake } from '@orchestra-brake/brake/brake';
import { PauseReplica, LABEL_KINDS, type ActivePause, type TaskLabels } from '@orchestra/pause-core';
import { figure, median, ratios } from '../figures.ts';
import type { Finding, Measure, Target } from '../measure.ts';
import { interleave, type Take } from '../rounds.ts';
import { roundName } from '../words.ts';

const NAME = 'turn-gate';
const PAUSES = 1_000;
// A power of two: the loops pick labels by a mask, which costs next to nothing.
const LABELS = 1_024;
const GATES = 200_000;

/**
 * Nothing covers the steps that are asked about, so every `isPaused` looks at all four labels. A gate with prepared
 * labels remembers that.
 */
export const turnGate: Measure = {
  name: NAME,
  title: 'A gate in memory (`brake.look`, `brake.gate`), over `isPaused`',
  steps: ({ rounds }) => rounds + 1,
  run: async ({ rounds, quick, step }) => {
    const replica = new PauseReplica({
      read: async () => Array.from({ length: PAUSES }, (_, index) => activePause(index)),
      listen: async () => async () => {},
    });
    await replica.start();
    const brake = makeBrake({
      replica,
      onUnknown: 'stop',
      strict: false,
      refusal: () => undefined,
      reporter: { refused: () => {}, changed: () => {}, close: async () => {} },
      client: { askGate: () => Promise.reject(new Error('a gate in memory asks nobody')) },
    });
    try {
      const all = Array.from({ length: LABELS }, (_, index) => ({
        agent_id: `agent-${index}`,
        skill: `skill-${index}`,
        quest_id: `quest-${index}`,
        actor_id: `actor-${index}`,
      }));
      const inside = all.map(({ agent_id: agentId, skill, quest_id: questId, actor_id: actorId }): TaskLabels => ({
        agentId,
        skill,
        questId,
        actorId,
      }));
      const prepared = all.map((labels) => prepareLabels(labels));
      const figures = await interleave(
        { rounds, parts: quick ? 3 : 7, beforeRound: (round) => step(roundName(NAME, 'in this process', round)) },
        new Map<string, Take>([
          ['isPaused', async () => nsEach(() => checkAll(replica, inside))],
          ['look', async () => nsEach(() => lookAll(brake, prepared))],
          ['gate', async () => nsEach(() => gateAll(brake, prepared))],
          ['unprepared', async () => nsEach(() => gateAll(brake, all))],
        ]),
      );
      const compare = (what: string, target: Target, measured: string): Finding => {
        const each = ratios(figures(measured), figures('isPaused'));
        return {
          measure: NAME,
          what,
          target,
          reached: median(each),
          rounds: each,
          detail: `${figure(median(figures(measured)))} over ${figure(median(figures('isPaused')))} ns`,
        };
      };
      return {
        findings: [
          compare('look, with 1,000 active pauses, over isPaused', { atMost: 1.2 }, 'look'),
          compare('gate that lets pass, over isPaused', { atMost: 1.2 }, 'gate'),
          // It checks the names and values of the labels each time.
          compare('the same with labels that are not prepared', 'stated', 'unprepared'),
        ],
      };
    } finally {
      await brake.close();
    }
  },
};

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

type Four = Readonly<Parameters<Brake['look']>[0]>;

function checkAll(replica: PauseReplica, labels: readonly TaskLabels[]): number {
  let paused = 0;
  for (let check = 0; check < GATES; check++) {
    const task = labels[check & (LABELS - 1)];
    if (task !== undefined && replica.isPaused(task).paused) paused += 1;
  }
  return paused;
}

function lookAll(brake: Brake, labels: readonly Four[]): number {
  let paused = 0;
  for (let check = 0; check < GATES; check++) {
    const task = labels[check & (LABELS - 1)];
    if (task !== undefined && brake.look(task).paused) paused += 1;
  }
  return paused;
}

/** Each gate that passes answers with the same promise; another promise would be a refusal. */
function gateAll(brake: Brake, labels: readonly Four[]): number {
  let others = 0;
  const passed = brake.gate({ agent_id: 'passes' });
  for (let check = 0; check < GATES; check++) {
    const task = labels[check & (LABELS - 1)];
    if (task !== undefined && brake.gate(task) !== passed) others += 1;
  }
  return others;
}

function nsEach(loop: () => number): number {
  const startedMs = performance.now();
  const paused = loop();
  const tookMs = performance.now() - startedMs;
  // Also keeps the loop from being optimized away.
  if (paused !== 0) throw new Error('a gate says paused where nothing is');
  return (tookMs / GATES) * 1e6;
}
