import { expect, test } from 'vitest';
import { comparePrecedence, type ActivePause } from '../pause.ts';
import {
  covers,
  inOrder,
  LABEL_KINDS,
  SCOPE_KINDS,
  type LabelKind,
  type ScopeKind,
  type TaskLabels,
} from '../scope.ts';
import { PauseIndex } from './pause-index.ts';

let lastId = 0;

function pauseOn(kind: ScopeKind, value: string, remainingMs: number | null = null): ActivePause {
  return {
    id: String(++lastId),
    scope: { kind, value },
    reason: `${kind} ${value}`,
    source: 'person',
    pausedAt: new Date(),
    pausedBy: 'dana',
    ttlSeconds: remainingMs === null ? null : Math.ceil(remainingMs / 1_000),
    clearedAt: null,
    clearedBy: null,
    quietAt: null,
    endsAs: 'resume',
    stayedAt: null,
    probingAt: null,
    probeTaskId: null,
    warnedAt: null,
    remainingMs,
  };
}

const ALL_FOUR: TaskLabels = { actorId: 'a', agentId: 'g', skill: 's', questId: 'q' };

test.each<{ covered: string; on: LabelKind[]; named: LabelKind }>([
  { covered: 'by all four kinds', on: ['quest', 'skill', 'agent', 'actor'], named: 'actor' },
  { covered: 'by all but the actor', on: ['quest', 'skill', 'agent'], named: 'agent' },
  { covered: 'by skill and quest', on: ['quest', 'skill'], named: 'skill' },
  { covered: 'by the quest alone', on: ['quest'], named: 'quest' },
])('precedence: a task covered $covered is told of the $named', ({ on, named }) => {
  const value = { actor: 'a', agent: 'g', skill: 's', quest: 'q' };
  const index = new PauseIndex(
    on.map((kind) => pauseOn(kind, value[kind])),
    0,
  );
  expect(index.find(ALL_FOUR, 1)?.pause.scope).toEqual({ kind: named, value: value[named] });
});

test('precedence: on one scope the pause that ends last is named, and one without an end outlasts all', () => {
  const short = pauseOn('agent', 'g', 1_000);
  const long = pauseOn('agent', 'g', 9_000);
  const endless = pauseOn('agent', 'g');
  expect(new PauseIndex([short, long], 0).find(ALL_FOUR, 1)?.pause).toBe(long);
  expect(new PauseIndex([long, endless, short], 0).find(ALL_FOUR, 1)?.pause).toBe(endless);
});

test.each([
  ['Jos\u00e9', 'Jose\u0301'],
  ['Jose\u0301', 'Jos\u00e9'],
  ['\u1ec7', 'e\u0323\u0302'],
  ['\u1ec7', 'e\u0302\u0323'],
  ['K-9', '\u212a-9'],
  ['a`b', 'a\u1fefb'],
  ['\uac00', '\u1100\u1161'],
])('P1 a pause on %j holds work that spells it %j, whatever kind of scope it is', (paused, spelled) => {
  for (const kind of LABEL_KINDS) {
    const labels = {
      agentId: null,
      [{ actor: 'actorId', agent: 'agentId', skill: 'skill', quest: 'questId' }[kind]]: spelled,
    };
    const pause = pauseOn(kind, paused);
    const index = new PauseIndex([pause], 0);
    expect(index.find(labels, 1)?.pause).toBe(pause);
    expect(index.find(labels, 1, 'another')?.pause).toBe(pause);
    expect(index.find({ agentId: 'Jose', skill: 'K', questId: 'e', actorId: 'b' }, 1)).toBeUndefined();
  }
});

test('P7 pauses stack: when the one that is named ends by the clock, the ones of other kinds still hold', () => {
  const index = new PauseIndex([pauseOn('actor', 'a', 1_000), pauseOn('quest', 'q', 5_000)], 100);
  expect(index.find(ALL_FOUR, 1_099)?.pause.scope.kind).toBe('actor');
  expect(index.find(ALL_FOUR, 1_100)?.pause.scope.kind).toBe('quest');
  expect(index.find(ALL_FOUR, 5_100)).toBeUndefined();
});

test('P8 the time left counts from when the answer was here: a slow reading ends no pause early', () => {
  const askedAtMs = 1_000;
  const answeredAtMs = 1_800;
  const index = new PauseIndex([pauseOn('skill', 's', 500)], answeredAtMs);
  // The database may have judged as late as the answer left it; until then plus the time left the pause holds for
  // certain.
  expect(index.find(ALL_FOUR, answeredAtMs + 499)).toBeDefined();
  // ... and it is held longer by no more than the reading took.
  expect(index.find(ALL_FOUR, askedAtMs + 500 + (answeredAtMs - askedAtMs))).toBeUndefined();
});

test('missing labels are covered by nothing', () => {
  const index = new PauseIndex([pauseOn('agent', 'g')], 0);
  for (const labels of [{}, { agentId: null }, { agentId: undefined }, { agentId: '' }, { skill: 'g' }])
    expect(index.find(labels)).toBeUndefined();
  expect(new PauseIndex([], 0).find(ALL_FOUR)).toBeUndefined();
});

test('names that JavaScript gives a meaning are labels like any other', () => {
  const index = new PauseIndex([pauseOn('agent', '__proto__'), pauseOn('skill', 'constructor')], 0);
  expect(index.find({ agentId: '__proto__' })?.reason).toBe('agent __proto__');
  expect(index.find({ agentId: 'constructor' })).toBeUndefined();
  expect(index.find({ skill: 'constructor' })).toBeDefined();
});

test('active: what has not ended, with the time left as of now', () => {
  const index = new PauseIndex(
    [pauseOn('agent', 'g', 1_000), pauseOn('skill', 's', 3_000), pauseOn('quest', 'q')],
    500,
  );
  expect(index.active(1_500).map((pause) => [pause.scope.kind, pause.remainingMs])).toEqual([
    ['skill', 2_000],
    ['quest', null],
  ]);
});

test('a hundred random worlds: find agrees with the rule told plainly, at every moment', () => {
  const random = seeded(0x5e_4a7e);
  const pick = <T>(...from: [T, ...T[]]): T => from[Math.floor(random() * from.length)] ?? from[0];
  let covered = 0;
  for (let world = 0; world < 100; world++) {
    const pauses = Array.from({ length: Math.floor(random() * 12) }, () =>
      withLabels(
        pauseOn(pick(...SCOPE_KINDS), pick('x', 'y', 'z'), pick(0, 100, 200, 200, 300, 400.5) || null),
        pick(...SCOPE_KINDS),
        pick('x', 'y', 'z'),
      ),
    );
    const answeredAtMs = 1_000;
    const index = new PauseIndex(pauses, answeredAtMs);
    for (const nowMs of [1_000, 1_099.9, 1_100, 1_150, 1_200, 1_300, 1_400.5, 1_000_000]) {
      for (let look = 0; look < 20; look++) {
        const labels: TaskLabels = {
          actorId: pick(null, 'x', 'y', 'z'),
          agentId: pick(null, 'x', 'y', 'z'),
          skill: pick('', 'x', 'y', 'z'),
          questId: pick('nobody', 'x', 'y', 'z'),
        };
        const plainly = pauses
          .filter((pause) => covers(pause.scope, labels) && nowMs < answeredAtMs + (pause.remainingMs ?? Infinity))
          .toSorted(comparePrecedence)[0];
        const found = index.find(labels, nowMs);
        expect(found?.pause).toBe(plainly);
        if (found !== undefined) covered += 1;
      }
    }
  }
  expect(covered).toBeGreaterThan(1_000);
});

/** A third of them names a label more. */
function withLabels(pause: ActivePause, kind: ScopeKind, value: string): ActivePause {
  const { scope } = pause;
  if (scope.kind === 'fleet' || kind === 'fleet' || kind === scope.kind || value === 'z') return pause;
  return { ...pause, scope: inOrder({ ...scope, also: { [kind]: value } }) };
}

/** The same random numbers in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test('a run that a pause has let through is held by every other pause, but not by one that probes as well', () => {
  const labels = { agentId: 'skeptic', skill: 'debate' };
  const probed = { ...pauseOn('agent', 'skeptic'), endsAs: 'probe' as const, probingAt: new Date(0) };
  const beside = pauseOn('skill', 'debate', 1_000);
  const alsoProbes = { ...pauseOn('skill', 'debate'), probingAt: new Date(0) };
  expect(new PauseIndex([probed], 0).find(labels, 0)?.pause.id).toBe(probed.id);
  expect(new PauseIndex([probed], 0).find(labels, 0, probed.id)).toBeUndefined();
  expect(new PauseIndex([probed, beside], 0).find(labels, 0, probed.id)?.pause.id).toBe(beside.id);
  expect(new PauseIndex([probed, beside], 0).find(labels, 1_000, probed.id)).toBeUndefined();
  expect(new PauseIndex([probed, alsoProbes], 0).find(labels, 0, probed.id)).toBeUndefined();
  // A second pause on the very same scope, of which only one is kept for looking up.
  expect(new PauseIndex([probed, pauseOn('agent', 'skeptic')], 0).find(labels, 0, probed.id)).toBeDefined();
});

test('P8 a pause that does not end with its time is held for as long as the database tells of it', () => {
  const stays = { ...pauseOn('agent', 'skeptic'), ttlSeconds: 1, endsAs: 'stay' as const };
  expect(new PauseIndex([stays], 0).find({ agentId: 'skeptic' }, 1e9)?.pause.id).toBe(stays.id);
});
