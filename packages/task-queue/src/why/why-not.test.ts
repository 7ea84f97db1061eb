import { describe, expect, test } from 'vitest';
import { taskWhy, type HoldKind } from '../contract/index.ts';
import type { GateOfTask, PauseOverTask, TaskFacts } from './facts.ts';
import { whyNot } from './why-not.ts';

const NOW = '2026-11-21T03:00:00.000Z';
const BEFORE = '2026-11-21T02:00:00.000Z';
const SOON = '2026-11-21T03:10:00.000Z';
const LATER = '2026-11-21T04:00:00.000Z';
const RUN = '00000000-0000-4000-8000-000000000001';

const FREE: TaskFacts = {
  taskId: '7',
  status: 'queued',
  at: NOW,
  createdAt: BEFORE,
  nextEligibleAt: BEFORE,
  deferred: false,
  agentId: 'skeptic',
  skill: 'debate',
  attempts: { used: 0, max: 3, crashes: 0, crashesMax: 3 },
  disturbances: 0,
  parked: null,
  question: null,
  held: null,
  run: null,
  ended: null,
  pauses: [],
  gate: null,
  ahead: 0,
  workers: { there: 1, lastSeenAt: BEFORE },
  keptForRunner: false,
};
const pause = (id: string, more: Partial<PauseOverTask> = {}): PauseOverTask => ({
  id,
  scopeKind: 'agent',
  scopeValue: 'skeptic',
  also: null,
  by: 'dana',
  reason: 'runaway loop',
  since: BEFORE,
  endsAt: null,
  overAt: null,
  endsAs: 'resume',
  stays: false,
  probes: false,
  probeTaskId: null,
  aheadIfCleared: 4,
  ...more,
});
const ending = (id: string, at: string): PauseOverTask => pause(id, { endsAt: at, overAt: at });
const gate = (more: Partial<GateOfTask> = {}): GateOfTask => ({
  repo: 'website',
  frozen: null,
  inProgress: 0,
  maxInProgress: 1,
  holder: null,
  headId: '7',
  before: 0,
  ...more,
});
const holder = { taskId: '3', runId: RUN, worker: 'w-1', host: 'box', status: 'running' as const, since: BEFORE };
const parked = { at: BEFORE, by: 'dana', reason: 'waits for the vendor' };
const question = { at: BEFORE, text: 'Which branch?' };
const held = { at: BEFORE, says: 'no space left', fix: 'empty /tmp' };
const frozen = { at: BEFORE, by: 'dana', reason: 'main is broken' };
const nobody = { there: 0, lastSeenAt: null };

interface Case {
  name: string;
  facts: Partial<TaskFacts>;
  kinds: HoldKind[];
  earliest: string | null;
  cleared?: [string, string | null][];
}

const CASES: Case[] = [
  { name: 'nothing', facts: {}, kinds: [], earliest: NOW },
  {
    name: 'a pause without an end',
    facts: { pauses: [pause('1')] },
    kinds: ['pause'],
    earliest: null,
    cleared: [['1', NOW]],
  },
  {
    name: 'a pause that ends',
    facts: { pauses: [ending('1', SOON)] },
    kinds: ['pause'],
    earliest: SOON,
    cleared: [['1', NOW]],
  },
  {
    name: 'a pause that ends, on a task that was put off for it',
    facts: { pauses: [ending('1', SOON)], deferred: true, nextEligibleAt: LATER },
    kinds: ['pause'],
    earliest: SOON,
    cleared: [['1', NOW]],
  },
  {
    name: 'a task put off for a pause that has gone',
    facts: { deferred: true, nextEligibleAt: LATER },
    kinds: [],
    earliest: NOW,
  },
  {
    name: 'two pauses that end',
    facts: { pauses: [ending('1', LATER), ending('2', SOON)] },
    kinds: ['pause', 'pause'],
    earliest: LATER,
    cleared: [
      ['1', SOON],
      ['2', LATER],
    ],
  },
  {
    name: 'one that ends and one that does not',
    facts: { pauses: [pause('1'), ending('2', SOON)] },
    kinds: ['pause', 'pause'],
    earliest: null,
    cleared: [
      ['1', SOON],
      ['2', null],
    ],
  },
  {
    name: 'a pause that will wait for a person',
    facts: { pauses: [pause('1', { endsAs: 'stay', overAt: SOON })] },
    kinds: ['pause'],
    earliest: null,
    cleared: [['1', NOW]],
  },
  {
    name: 'a pause that probes',
    facts: { pauses: [pause('1', { endsAs: 'probe', overAt: BEFORE, probes: true, probeTaskId: '5' })] },
    kinds: ['pause'],
    earliest: null,
    cleared: [['1', NOW]],
  },
  { name: 'its time', facts: { nextEligibleAt: SOON }, kinds: ['not_before'], earliest: SOON },
  {
    name: 'its time, and a pause that ends before it',
    facts: { nextEligibleAt: LATER, pauses: [ending('1', SOON)] },
    kinds: ['pause', 'not_before'],
    earliest: LATER,
    cleared: [['1', LATER]],
  },
  {
    name: 'its time, and a pause that ends after it',
    facts: { nextEligibleAt: SOON, pauses: [ending('1', LATER)] },
    kinds: ['pause', 'not_before'],
    earliest: LATER,
    cleared: [['1', SOON]],
  },
  { name: 'a park', facts: { parked }, kinds: ['parked'], earliest: null },
  { name: 'a question', facts: { question }, kinds: ['question'], earliest: null },
  {
    name: 'a question, and a park of an operator’s',
    facts: { question, parked },
    kinds: ['question', 'parked'],
    earliest: null,
  },
  { name: 'its environment', facts: { status: 'held', held }, kinds: ['held'], earliest: null },
  { name: 'a question that holds it', facts: { status: 'held', question }, kinds: ['question'], earliest: null },
  {
    name: 'its environment, and the time is none of a held task’s',
    facts: { status: 'held', held, nextEligibleAt: LATER },
    kinds: ['held'],
    earliest: null,
  },
  { name: 'a frozen repo', facts: { gate: gate({ frozen }) }, kinds: ['frozen'], earliest: null },
  { name: 'an open gate', facts: { gate: gate() }, kinds: [], earliest: NOW },
  {
    name: 'a gate that lets two in, of which one is',
    facts: { gate: gate({ inProgress: 1, maxInProgress: 2, holder }) },
    kinds: [],
    earliest: NOW,
  },
  { name: 'a full gate', facts: { gate: gate({ inProgress: 1, holder }) }, kinds: ['serial_gate'], earliest: null },
  {
    name: 'an open gate with others before it',
    facts: { gate: gate({ before: 2, headId: '4' }) },
    kinds: ['serial_gate'],
    earliest: null,
  },
  {
    name: 'a frozen, full gate',
    facts: { gate: gate({ frozen, inProgress: 1, holder }) },
    kinds: ['frozen', 'serial_gate'],
    earliest: null,
  },
  {
    name: 'a full gate, of which a held task is itself one',
    facts: { status: 'held', held, gate: gate({ inProgress: 1 }) },
    kinds: ['held'],
    earliest: null,
  },
  { name: 'no worker', facts: { workers: nobody }, kinds: ['no_worker'], earliest: null },
  {
    name: 'no worker, and a pause',
    facts: { workers: nobody, pauses: [ending('1', SOON)] },
    kinds: ['pause', 'no_worker'],
    earliest: null,
    cleared: [['1', null]],
  },
  {
    name: 'everything',
    facts: { status: 'held', held, question, parked, pauses: [pause('1')], gate: gate({ frozen }), workers: nobody },
    kinds: ['held', 'question', 'parked', 'pause', 'frozen', 'no_worker'],
    earliest: null,
    cleared: [['1', null]],
  },
  {
    name: 'a run',
    facts: {
      status: 'running',
      run: { id: RUN, worker: 'w-1', host: 'box', startedAt: BEFORE, claimedAhead: false },
      pauses: [],
    },
    kinds: ['running'],
    earliest: null,
  },
  {
    name: 'the end',
    facts: { status: 'succeeded', ended: { at: BEFORE, error: null } },
    kinds: ['ended'],
    earliest: null,
  },
  { name: 'being cancelled', facts: { status: 'cancelled' }, kinds: ['ended'], earliest: null },
  {
    name: 'attempts',
    facts: {
      status: 'failed',
      attempts: { used: 3, max: 3, crashes: 0, crashesMax: 3 },
      ended: { at: BEFORE, error: 'boom' },
    },
    kinds: ['attempts'],
    earliest: null,
  },
  {
    name: 'crashes',
    facts: {
      status: 'failed',
      attempts: { used: 1, max: 3, crashes: 3, crashesMax: 3 },
      ended: { at: BEFORE, error: 'lost' },
    },
    kinds: ['attempts'],
    earliest: null,
  },
  {
    name: 'an error that is not to be tried again',
    facts: {
      status: 'failed',
      attempts: { used: 1, max: 3, crashes: 0, crashesMax: 3 },
      ended: { at: BEFORE, error: 'bad payload' },
    },
    kinds: ['ended'],
    earliest: null,
  },
];

describe('what holds a task', () => {
  test.each(CASES)('$name', ({ facts, kinds, earliest, cleared = [] }) => {
    const why = taskWhy.parse(whyNot({ ...FREE, ...facts }));
    expect(why.holds.map((hold) => hold.kind)).toEqual(kinds);
    expect(why.earliest_start).toBe(earliest);
    expect(why.can_start_now).toBe(kinds.length === 0);
    expect(why.if_cleared).toEqual(
      cleared.map(([pause_id, ready_at]) => ({ pause_id, ready_at, ahead: { count: 4, more: false } })),
    );
    for (const hold of why.holds) expect(hold.says).not.toMatch(/undefined|null|\[object/);
  });

  const first = (facts: Partial<TaskFacts>) => whyNot({ ...FREE, ...facts }).holds[0];
  test.each<[string, Partial<TaskFacts>, string]>([
    [
      'a pause until it is cleared',
      { pauses: [pause('1')] },
      'agent skeptic is paused by dana: runaway loop. It stays until a person clears it',
    ],
    [
      'a pause that ends',
      { pauses: [ending('1', SOON)] },
      `agent skeptic is paused by dana: runaway loop. It ends by itself at ${SOON}`,
    ],
    [
      'one that will stay',
      { pauses: [pause('1', { endsAs: 'stay', overAt: SOON })] },
      `agent skeptic is paused by dana: runaway loop. At ${SOON} its time is over, and then it waits for a person`,
    ],
    [
      'one that stays',
      { pauses: [pause('1', { endsAs: 'stay', overAt: BEFORE, stays: true })] },
      'agent skeptic is paused by dana: runaway loop. Its time is over, and it stays until a person clears it',
    ],
    [
      'one that will probe',
      { pauses: [pause('1', { endsAs: 'probe', overAt: SOON })] },
      `agent skeptic is paused by dana: runaway loop. At ${SOON} its time is over: then one task is let ` +
        'through, and it ends when that is done',
    ],
    [
      'one that probes',
      { pauses: [pause('1', { endsAs: 'probe', overAt: BEFORE, probes: true, probeTaskId: '5' })] },
      'agent skeptic is paused by dana: runaway loop. Its time is over: it ends when task 5, which it lets ' +
        'through, is done',
    ],
    [
      'a full gate',
      { gate: gate({ inProgress: 1, holder, before: 1 }) },
      'repo website lets one task at a time be in progress: task 3, at worker w-1 on box, is, and it is ' +
        'number 2 in line',
    ],
    [
      'a gate held by a held task',
      { gate: gate({ inProgress: 1, holder: { ...holder, status: 'held', runId: null, worker: null, host: null } }) },
      'repo website lets one task at a time be in progress: task 3, which is held, is, and it is the first in line',
    ],
    [
      'a line',
      { gate: gate({ before: 2, headId: '4' }) },
      'repo website takes one task after the other, and it is number 3 in line; task 4 is the first',
    ],
    [
      'a runner’s',
      { workers: nobody, keptForRunner: true },
      'no worker asks for agent skeptic and skill runner:debate: none has within a day',
    ],
    [
      'a disturbance',
      { nextEligibleAt: SOON, disturbances: 2 },
      'its time has not come: a passing disturbance has stopped its last run, and it is tried again then',
    ],
    [
      'a retry',
      { nextEligibleAt: SOON, attempts: { used: 1, max: 3, crashes: 0, crashesMax: 3 } },
      'its time has not come: it is tried again then; so far 1 of 3 attempts are used',
    ],
  ])('in words: %s', (_name, facts, says) => {
    expect(first(facts)?.says).toBe(says);
  });

  test('who is in front is counted up to a thousand', () => {
    expect(whyNot({ ...FREE, ahead: 1_000 }).ahead).toEqual({ count: 1_000, more: false });
    expect(whyNot({ ...FREE, ahead: 1_001 }).ahead).toEqual({ count: 1_000, more: true });
  });
});
