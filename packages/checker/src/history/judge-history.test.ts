import { expect, test } from 'vitest';
import type { HistoryEvent } from './event.ts';
import { judgeHistory } from './judge-history.ts';
import { act, claim, claimed, kept, legalHistory } from './legal-history.ts';

type Legal = ReturnType<typeof legalHistory>;

function judged(breakIt: (history: Legal) => void): string[] {
  const history = legalHistory();
  breakIt(history);
  return [...new Set(judgeHistory(history).map((violation) => violation.assertion))];
}

function at<T>(list: readonly T[], which: (one: T) => boolean): T {
  const found = list.find(which);
  if (found === undefined) throw new Error('the legal history has changed');
  return found;
}

function drop<T>(list: T[], which: (one: T) => boolean): void {
  const index = list.findIndex(which);
  if (index === -1) throw new Error('the legal history has changed');
  list.splice(index, 1);
}

test('a legal history passes', () => {
  expect(judgeHistory(legalHistory())).toEqual([]);
});

const BROKEN: [expected: string, what: string, breakIt: (history: Legal) => void][] = [
  [
    'A1',
    'an answered pause is not there',
    ({ testimony }) => {
      drop(testimony.pauses, (pause) => pause.id === '11');
      testimony.audit.splice(0, 2);
    },
  ],
  [
    'A1',
    'a pause ended that nobody cleared',
    (history) => {
      at(history.testimony.audit, (row) => row.action === 'pause.cleared').why = 'someone else';
    },
  ],
  [
    'A1',
    'a pause ended before its time',
    ({ testimony }) => {
      const auto = at(testimony.pauses, (pause) => pause.id === '12');
      auto.clearedAt = auto.pausedAt + 60_000;
      auto.clearedBy = 'senate.ttl';
      testimony.audit.push({ ...at(testimony.audit, (row) => row.subject === '12'), id: 90, action: 'pause.expired' });
    },
  ],
  [
    'A1',
    'a cleared pause is back',
    ({ testimony }) => {
      const pause = at(testimony.pauses, (one) => one.id === '11');
      pause.clearedAt = null;
      drop(testimony.audit, (row) => row.action === 'pause.cleared');
    },
  ],
  [
    'A2',
    'a claim brings a paused task',
    ({ events }) => {
      events.push(...asEvents(claim(5_000, 'w2', [claimed('2', 'r2', 'ada')])));
    },
  ],
  [
    'A16',
    'a claim of the attached engine brings a paused job',
    ({ events }) => {
      events.push(
        { t: 5_000, id: 'x', proc: 'b', op: 'attached.claim', phase: 'invoke' },
        {
          t: 5_010,
          id: 'x',
          proc: 'b',
          op: 'attached.claim',
          phase: 'ok',
          jobs: [{ job: 'j', agent: null, skill: null, quest: null, actor: 'ada' }],
        },
      );
    },
  ],
  [
    'A17',
    'free jobs of the attached engine wait behind paused ones',
    ({ events }) => {
      events.push({ t: 5_000, id: 'x', proc: 'b', op: 'attached.idle', phase: 'ok', free: 9 });
    },
  ],
  [
    'A3',
    'a claim that began under a pause',
    ({ testimony }) => {
      const event = at(testimony.events, (one) => one.id === 8);
      event.at = 10_000;
      event.committedAt = 10_001;
    },
  ],
  [
    'A3',
    'a claim that began before and ends after the settled answer',
    ({ testimony }) => {
      const event = at(testimony.events, (one) => one.id === 8);
      event.at = 3_900;
      event.committedAt = 4_500;
    },
  ],
  [
    'A4',
    'a task is lost',
    ({ testimony }) => {
      drop(testimony.tasks, (task) => task.id === '3');
    },
  ],
  [
    'A4',
    'a task never ends',
    ({ testimony }) => {
      at(testimony.tasks, (task) => task.id === '2').status = 'queued';
      drop(testimony.events, (event) => event.id === 11);
      drop(testimony.events, (event) => event.id === 10);
    },
  ],
  [
    'A4',
    'a call added its tasks twice',
    ({ testimony }) => {
      testimony.tasks.push({ ...at(testimony.tasks, (task) => task.id === '3'), id: '4' });
      testimony.events.push(
        kept(20, '4', null, 'queued', 1_106),
        kept(21, '4', 'r9', 'claimed', 1_107),
        kept(22, '4', 'r9', 'completed', 1_108, 'succeeded'),
      );
    },
  ],
  [
    'A5',
    'the ending of a run that was taken away counts',
    ({ testimony }) => {
      at(testimony.events, (event) => event.id === 11).run = 'r2';
    },
  ],
  [
    'A5',
    'a task is claimed while it runs',
    ({ testimony }) => {
      drop(testimony.events, (event) => event.kind === 'reaped');
    },
  ],
  [
    'A6',
    'a task is completed twice',
    ({ testimony }) => {
      testimony.events.push(kept(12, '2', 'r4', 'completed', 21_500, 'succeeded'));
    },
  ],
  [
    'A6',
    'two bodies at a time, and both ends count',
    ({ events }) => {
      const refused = at(events, (event) => event.op === 'finish' && event.phase === 'fail');
      events.splice(events.indexOf(refused), 1, {
        t: refused.t,
        proc: refused.proc,
        id: refused.id,
        op: 'finish',
        phase: 'ok',
        task: '2',
        run: 'r2',
        how: 'complete',
        status: 'succeeded',
      });
    },
  ],
  [
    'A7',
    'a pause keeps running work from ending',
    ({ events, testimony }) => {
      const ok = at(events, (event) => event.op === 'finish' && event.phase === 'ok' && event.run === 'r3');
      events.splice(events.indexOf(ok), 1, {
        t: ok.t,
        proc: ok.proc,
        id: ok.id,
        op: 'finish',
        phase: 'fail',
        why: '409 paused',
      });
      drop(testimony.events, (event) => event.id === 7);
    },
  ],
  [
    'A7',
    'an ending is refused, and the run is taken away for it only later',
    ({ testimony }) => {
      const event = at(testimony.events, (one) => one.kind === 'reaped');
      event.at = 30_000;
      event.committedAt = 30_001;
    },
  ],
  [
    'A8',
    'a ready task is overtaken again and again',
    ({ testimony }) => {
      at(testimony.tasks, (task) => task.id === '2').repo = null;
      testimony.events.push(
        ...Array.from({ length: 6 }, (_, index) => [
          kept(30 + index * 3, `${10 + index}`, null, 'queued', 1_200),
          kept(31 + index * 3, `${10 + index}`, `q${index}`, 'claimed', 2_300 + index * 50),
          kept(32 + index * 3, `${10 + index}`, `q${index}`, 'completed', 2_900, 'succeeded'),
        ]).flat(),
      );
      testimony.tasks.push(
        ...Array.from({ length: 6 }, (_, index) => ({
          ...at(testimony.tasks, (task) => task.id === '3'),
          id: `${10 + index}`,
          key: null,
        })),
      );
    },
  ],
  [
    'A9',
    'an automatic pause without alerts of its own',
    ({ testimony }) => {
      at(testimony.alerts, (alert) => alert.id === '2').severity = 'high';
    },
  ],
  [
    'A9',
    'two automatic pauses of one actor',
    ({ testimony }) => {
      testimony.pauses.push({ ...at(testimony.pauses, (pause) => pause.id === '12'), id: '13', pausedAt: 22_400 });
      testimony.audit.push({ ...at(testimony.audit, (row) => row.subject === '12'), id: 91, subject: '13' });
    },
  ],
  [
    'A9',
    'alerts that paused nobody',
    ({ testimony }) => {
      drop(testimony.pauses, (pause) => pause.id === '12');
      drop(testimony.audit, (row) => row.subject === '12');
    },
  ],
  [
    'A10',
    'a row that cannot be, for a moment',
    ({ events }) => {
      const sample = at(events, (event) => event.op === 'sample');
      events.push({ t: sample.t + 1, proc: sample.proc, id: 's2', op: 'sample', phase: 'ok', impossible: 1 });
    },
  ],
  [
    'A11',
    'a run is taken away before its lease has passed',
    ({ testimony }) => {
      const event = at(testimony.events, (one) => one.kind === 'reaped');
      event.at = 18_000;
      event.committedAt = 18_001;
    },
  ],
  [
    'A13',
    'two tasks of a repo in progress at a time',
    ({ testimony }) => {
      for (const task of testimony.tasks) task.repo = 'docs';
      const end = at(testimony.events, (one) => one.id === 5);
      end.at = 5_060;
      end.committedAt = 5_061;
    },
  ],
  [
    'A14',
    'a call that was answered 500',
    ({ events }) => {
      const list = at(events, (event) => event.op === 'list' && event.phase === 'ok');
      events.push({
        t: list.t,
        proc: list.proc,
        id: list.id,
        op: 'list',
        phase: 'info',
        why: '500 internal_error: the log has the cause',
      });
    },
  ],
  [
    'A15',
    'a task is begun although it was cancelled',
    ({ events, testimony }) => {
      events.push(...asEvents(act(1_200, 'cancel', ['2'])));
      testimony.events.push({ ...kept(3.5, '2', null, 'cancelled', 2_205), data: { status: 'cancelled' } });
    },
  ],
  [
    'A15',
    'a task that was brought back is lost',
    ({ events, testimony }) => {
      events.push(...asEvents(act(21_500, 'retry', ['2'])));
      at(testimony.tasks, (task) => task.id === '2').status = 'cancelled';
      testimony.events.push({ ...kept(20, '2', null, 'requeued', 22_505), data: { status: 'queued' } });
    },
  ],
  [
    'A15',
    'an act that was answered left no trace',
    ({ events }) => {
      events.push(...asEvents(act(21_500, 'stop', ['2'])));
    },
  ],
  [
    'A12',
    'a change that is not written down',
    ({ testimony }) => {
      drop(testimony.audit, (row) => row.action === 'alert.created');
    },
  ],
  [
    'A12',
    'a call that was repeated and made two pauses',
    ({ testimony }) => {
      const twin = {
        ...at(testimony.pauses, (pause) => pause.id === '11'),
        id: '14',
        clearedAt: null,
        clearedBy: null,
        kind: 'quest' as const,
      };
      testimony.pauses.push(twin);
      testimony.audit.push({ ...at(testimony.audit, (row) => row.subject === '12'), id: 92, subject: '14' });
    },
  ],
  [
    'A12',
    'a list that lacks a pause',
    ({ events }) => {
      const list = at(events, (event) => event.op === 'list' && event.phase === 'ok');
      if (list.op === 'list' && list.phase === 'ok') list.pauses = [];
    },
  ],
  [
    'A12',
    'a check that has not heard of a pause, and does not say so',
    ({ events }) => {
      const check = at(events, (event) => event.op === 'check' && event.phase === 'ok');
      if (check.op === 'check' && check.phase === 'ok') check.paused = false;
    },
  ],
];

test.each(BROKEN)('%s is violated: %s', (expected, _what, breakIt) => {
  expect(judged(breakIt)).toContain(expected);
});

const LEGAL: [what: string, change: (history: Legal) => void][] = [
  [
    'a claim that began before the pause and is read after it',
    ({ events }) => {
      for (const event of events)
        if (event.op === 'claim' && event.id === 'c-2000' && event.phase === 'ok') event.t = 3_500;
    },
  ],
  [
    'a claim that began before an unsettled answer and commits after it',
    ({ events, testimony }) => {
      for (const event of events) if (event.op === 'pause' && event.phase === 'ok') event.settled = false;
      const event = at(testimony.events, (one) => one.id === 4);
      event.at = 3_900;
      event.committedAt = 4_500;
      at(testimony.events, (one) => one.id === 5).committedAt = 4_600;
    },
  ],
  [
    'a claim that already saw the clear, before its caller heard of it',
    ({ testimony }) => {
      const event = at(testimony.events, (one) => one.id === 8);
      event.at = 16_004;
      event.committedAt = 16_010;
    },
  ],
  [
    'a pause whose caller never heard, and which is not there',
    ({ events, testimony }) => {
      const ok = at(events, (event) => event.op === 'pause' && event.phase === 'ok');
      events.splice(events.indexOf(ok), 1, {
        t: ok.t,
        proc: ok.proc,
        id: ok.id,
        op: 'pause',
        phase: 'info',
        why: 'cut off',
      });
      drop(testimony.pauses, (pause) => pause.id === '11');
      testimony.audit.splice(0, 2);
      for (const event of events) if (event.op === 'unpause' && event.phase === 'ok') event.cleared = [];
    },
  ],
  [
    'a call that was told to try again',
    ({ events }) => {
      const list = at(events, (event) => event.op === 'list' && event.phase === 'ok');
      events.push({
        t: list.t,
        proc: list.proc,
        id: list.id,
        op: 'list',
        phase: 'info',
        why: '503 database_unavailable: 500 ms',
      });
    },
  ],
  [
    'a check that says itself that it may be stale',
    ({ events }) => {
      for (const event of events)
        if (event.op === 'check' && event.phase === 'ok') {
          event.paused = false;
          event.stale = true;
        }
    },
  ],
  [
    'a run that is taken away early because its worker was killed',
    ({ events, testimony }) => {
      const event = at(testimony.events, (one) => one.kind === 'reaped');
      event.at = 18_000;
      event.committedAt = 18_001;
      events.push({
        t: 16_500,
        proc: 'workload',
        id: 'n',
        op: 'nemesis',
        phase: 'invoke',
        fault: 'kill worker',
        target: 'w1',
      });
    },
  ],
];

test('A1 a pause of two labels is cleared by who names the same two in another order, and by nobody who names one of them', () => {
  const clearedBy = (target: { kind: 'actor' | 'agent'; value: string; also?: { actor: string } }) =>
    judged(({ events, testimony }) => {
      at(testimony.pauses, (pause) => pause.id === '11').also = { agent: 'scout' };
      for (const event of events) if (event.op === 'unpause' && event.phase === 'invoke') event.target = target;
    }).includes('A1');
  expect(clearedBy({ kind: 'agent', value: 'scout', also: { actor: 'ada' } })).toBe(false);
  expect(clearedBy({ kind: 'actor', value: 'ada' })).toBe(true);
});

test.each(LEGAL)('legal all the same: %s', (_what, change) => {
  expect(judged(change)).toEqual([]);
});

function asEvents(drafts: ReturnType<typeof claim>): HistoryEvent[] {
  return drafts.map((draft) => ({ ...draft, proc: draft.proc ?? 'workload' }));
}
