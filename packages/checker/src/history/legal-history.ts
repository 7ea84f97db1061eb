import type { ActKind, HistoryEvent, Recorded, RecordedClaim } from './event.ts';
import type { History, Testimony, WitnessedEvent } from './testimony.ts';

type Draft = Recorded & { t: number; proc?: string };

/**
 * A short history in which everything is as it should be, for tests of the assertions: each breaks it in one place. The
 * database's clock is 1000 ahead.
 *
 * Tasks 1 and 2 (actor ada) are added; 1 is claimed and done; ada is paused; another claim brings 3 (actor bob); ada is
 * cleared; 2 is claimed, its worker falls silent, it is reaped, claimed again and done.
 */
export function legalHistory(): History & {
  events: HistoryEvent[];
  testimony: { [K in keyof Testimony]: Testimony[K] extends readonly (infer T)[] ? T[] : Testimony[K] };
} {
  const drafts: Draft[] = [
    {
      t: 100,
      id: 'e',
      op: 'enqueue',
      phase: 'invoke',
      key: 'k1',
      tasks: [labels('ada'), labels('ada'), labels('bob')],
    },
    { t: 110, id: 'e', op: 'enqueue', phase: 'ok', ids: ['1', '2', '3'] },
    ...claim(2_000, 'w1', [claimed('1', 'r1', 'ada')]),
    ...work(2_020, 'w1', '1', 'r1', 100),
    ...pause(3_000, 'p1', '11'),
    { t: 3_100, id: 'l', op: 'list', phase: 'invoke' },
    { t: 3_110, id: 'l', op: 'list', phase: 'ok', pauses: ['11'] },
    ...claim(4_000, 'w1', [claimed('3', 'r3', 'bob')]),
    ...work(4_020, 'w1', '3', 'r3', 100),
    { t: 14_000, id: 'c', op: 'check', phase: 'invoke', labels: labels('ada') },
    { t: 14_010, id: 'c', op: 'check', phase: 'ok', paused: true, stale: false },
    { t: 15_000, id: 'u', op: 'unpause', phase: 'invoke', key: 'u1', target: { kind: 'actor', value: 'ada' } },
    { t: 15_010, id: 'u', op: 'unpause', phase: 'ok', cleared: ['11'] },
    ...claim(16_000, 'w1', [claimed('2', 'r2', 'ada')]),
    { t: 16_020, id: 'b-r2', op: 'work.start', phase: 'ok', task: '2', run: 'r2', proc: 'w1' },
    ...claim(20_000, 'w2', [claimed('2', 'r4', 'ada')]),
    ...work(20_020, 'w2', '2', 'r4', 100),
    { t: 20_060, id: 'b-r2', op: 'work.end', phase: 'ok', task: '2', run: 'r2', how: 'done', proc: 'w1' },
    { t: 20_070, id: 'f-r2', op: 'finish', phase: 'invoke', task: '2', run: 'r2', how: 'complete', proc: 'w1' },
    { t: 20_080, id: 'f-r2', op: 'finish', phase: 'fail', why: '409 run_not_owner', proc: 'w1' },
    ...['a1', 'a2', 'a3'].flatMap((key, index) => alert(21_000 + index * 100, key, String(index + 1))),
    { t: 22_000, id: 's', op: 'sample', phase: 'ok', impossible: 0 },
  ];
  const events = [
    kept(1, '1', null, 'queued', 1_105),
    kept(2, '2', null, 'queued', 1_105),
    kept(3, '3', null, 'queued', 1_105),
    kept(4, '1', 'r1', 'claimed', 3_005),
    kept(5, '1', 'r1', 'completed', 3_125, 'succeeded'),
    kept(6, '3', 'r3', 'claimed', 5_005),
    kept(7, '3', 'r3', 'completed', 5_125, 'succeeded'),
    kept(8, '2', 'r2', 'claimed', 17_005),
    kept(9, '2', 'r2', 'reaped', 20_500, 'queued'),
    kept(10, '2', 'r4', 'claimed', 21_005),
    kept(11, '2', 'r4', 'completed', 21_125, 'succeeded'),
  ];
  const audit = (
    id: number,
    action: string,
    subjectKind: string,
    subject: string,
    at: number,
    why: string | null = null,
  ) => ({ id, by: 'chaos', action, subjectKind, subject, why, at, committedAt: at });
  return {
    events: drafts.map((draft) => ({ ...draft, proc: draft.proc ?? 'workload' })).toSorted((a, b) => a.t - b.t),
    testimony: {
      tasks: [
        ['1', 'ada'],
        ['2', 'ada'],
        ['3', 'bob'],
      ].map(([id = '', actor = '']) => ({
        ...labels(actor),
        id,
        status: 'succeeded',
        repo: id === '3' ? null : 'docs',
        priority: 0,
        key: 'k1',
        attempt: 1,
      })),
      events,
      impossible: 0,
      pauses: [
        {
          id: '11',
          kind: 'actor',
          value: 'ada',
          by: 'chaos',
          reason: 'p1',
          source: 'person',
          ttlSeconds: null,
          pausedAt: 4_002,
          clearedAt: 16_005,
          clearedBy: 'chaos',
        },
        {
          id: '12',
          kind: 'actor',
          value: 'eve',
          by: 'senate.auto',
          reason: 'auto',
          source: 'machine',
          ttlSeconds: 1_800,
          pausedAt: 22_300,
          clearedAt: null,
          clearedBy: null,
        },
      ],
      audit: [
        audit(1, 'pause.created', 'pause', '11', 4_002, 'p1'),
        audit(2, 'pause.cleared', 'pause', '11', 16_005, 'u1'),
        audit(3, 'pause.created', 'pause', '12', 22_300),
        ...['1', '2', '3'].map((id, index) => audit(4 + index, 'alert.created', 'alert', id, 22_005 + index * 100)),
      ],
      alerts: ['1', '2', '3'].map((id, index) => ({
        id,
        actor: 'eve',
        severity: 'critical',
        createdAt: 22_005 + index * 100,
        ackAt: null,
        key: `a${id}`,
      })),
    },
    clock: { ms: 1_000, errorMs: 0 },
    leaseSeconds: 3,
    drained: true,
  };
}

export function claimed(task: string, run: string, actor: string): RecordedClaim {
  return { ...labels(actor), task, run, attempt: 1 };
}

export function claim(t: number, proc: string, tasks: RecordedClaim[]): Draft[] {
  return [
    { t, id: `c-${t}`, op: 'claim', phase: 'invoke', proc },
    { t: t + 10, id: `c-${t}`, op: 'claim', phase: 'ok', tasks, proc },
  ];
}

/** An operator does something to tasks, and the answer says that it was done. */
export function act(t: number, what: ActKind, tasks: string[]): Draft[] {
  return [
    { t, id: `act-${t}`, op: 'act', phase: 'invoke', act: what, key: `act-${t}`, named: tasks },
    { t: t + 10, id: `act-${t}`, op: 'act', phase: 'ok', act: what, tasks },
  ];
}

/** What the database kept of a change; `at` is its clock. */
export function kept(
  id: number,
  task: string,
  run: string | null,
  kind: string,
  at: number,
  status?: string,
): WitnessedEvent {
  return { id, task, run, kind, by: 'w1', at, committedAt: at + 1, data: status === undefined ? null : { status } };
}

function work(t: number, proc: string, task: string, run: string, ms: number): Draft[] {
  return [
    { t, id: `b-${run}`, op: 'work.start', phase: 'ok', task, run, proc },
    { t: t + ms, id: `b-${run}`, op: 'work.end', phase: 'ok', task, run, how: 'done', proc },
    { t: t + ms + 1, id: `f-${run}`, op: 'finish', phase: 'invoke', task, run, how: 'complete', proc },
    { t: t + ms + 9, id: `f-${run}`, op: 'finish', phase: 'ok', task, run, how: 'complete', status: 'succeeded', proc },
  ];
}

function pause(t: number, key: string, id: string): Draft[] {
  return [
    { t, id: key, op: 'pause', phase: 'invoke', key, scope: { kind: 'actor', value: 'ada' }, ttlSeconds: null },
    { t: t + 10, id: key, op: 'pause', phase: 'ok', pause: id, settled: true },
  ];
}

function alert(t: number, key: string, id: string): Draft[] {
  return [
    { t, id: key, op: 'alert', phase: 'invoke', key, actor: 'eve', severity: 'critical' },
    { t: t + 10, id: key, op: 'alert', phase: 'ok', alert: id },
  ];
}

function labels(actor: string) {
  return { agent: null, skill: null, quest: null, actor };
}
