import { covers, type Indexed } from '../indexed.ts';
import type { Assertion, Violation } from '../violation.ts';

// A replica that has not been told so calls itself stale after this.
const TRUST_MS = 10_000;

/**
 * A12. Each change leaves one audit row; a call that was repeated changed things once; and what the lists and the
 * checks answer agrees with that. A check is answered from memory, and may be as old as what it does not call stale.
 */
export const historyIsWritten: Assertion = (history) => [
  ...auditRows(history),
  ...repeatedCalls(history),
  ...lists(history),
  ...checks(history),
];

function auditRows({ testimony }: Indexed): Violation[] {
  const count = new Map<string, number>();
  for (const row of testimony.audit)
    count.set(`${row.action} ${row.subject}`, (count.get(`${row.action} ${row.subject}`) ?? 0) + 1);
  const wrong = (action: string, subject: string, wanted: number): Violation[] => {
    const found = count.get(`${action} ${subject}`) ?? 0;
    return found === wanted
      ? []
      : [{ assertion: 'A12', what: `${action} of ${subject} is written down ${found} times, not ${wanted}` }];
  };
  return [
    ...testimony.pauses.flatMap((pause) => [
      ...wrong('pause.created', pause.id, 1),
      ...wrong('pause.cleared', pause.id, pause.clearedAt !== null && pause.clearedBy !== 'senate.ttl' ? 1 : 0),
      ...wrong('pause.expired', pause.id, pause.clearedAt !== null && pause.clearedBy === 'senate.ttl' ? 1 : 0),
    ]),
    ...testimony.alerts.flatMap((alert) => wrong('alert.created', alert.id, 1)),
  ];
}

function repeatedCalls({ calls, testimony }: Indexed): Violation[] {
  const alerts = Map.groupBy(testimony.alerts, (alert) => alert.key ?? '');
  const pauses = Map.groupBy(testimony.pauses, (pause) => pause.reason);
  const wrong = (what: string, found: number, { ok, t }: { ok: boolean; t: number }): Violation[] =>
    found === 1 || (found === 0 && !ok) ? [] : [{ assertion: 'A12', t, what: `one call made ${found} ${what}` }];
  return [
    ...calls('alert').flatMap(({ invoke, ok }) =>
      wrong('alerts', alerts.get(invoke.key)?.length ?? 0, { ok: ok !== undefined, t: invoke.t }),
    ),
    ...calls('pause').flatMap(({ invoke, ok }) =>
      wrong('pauses', pauses.get(invoke.key)?.length ?? 0, { ok: ok !== undefined, t: invoke.t }),
    ),
  ];
}

function lists(history: Indexed): Violation[] {
  const clears = history.calls('unpause');
  return history.calls('list').flatMap(({ invoke, ok }) =>
    ok === undefined
      ? []
      : history.pauses.flatMap((pause): Violation[] => {
          const listed = ok.pauses.includes(pause.id);
          const inForce =
            pause.boundFrom + history.slackMs < history.toDatabase(invoke.t) &&
            history.toDatabase(ok.t) + history.slackMs < pause.activeUntil;
          if (inForce && !listed)
            return [
              {
                assertion: 'A12',
                t: ok.t,
                what: `the list of pauses lacked ${pause.id} on ${pause.kind} ${pause.value}`,
              },
            ];
          const cleared = clears.some(
            (call) => call.ok !== undefined && call.ok.t < invoke.t && call.ok.cleared.includes(pause.id),
          );
          return listed && cleared
            ? [{ assertion: 'A12', t: ok.t, what: `the list of pauses still had ${pause.id}, which was cleared` }]
            : [];
        }),
  );
}

function checks(history: Indexed): Violation[] {
  return history.calls('check').flatMap(({ invoke, ok }) =>
    ok === undefined || ok.paused || ok.stale
      ? []
      : history.pauses
          .filter(
            (pause) =>
              covers(pause, invoke.labels) &&
              pause.boundFrom + TRUST_MS + history.slackMs < history.toDatabase(invoke.t) &&
              history.toDatabase(ok.t) + history.slackMs < pause.activeUntil,
          )
          .map((pause): Violation => ({
            assertion: 'A12',
            t: ok.t,
            what:
              `a check said "not paused", and not "stale", although pause ${pause.id} on ${pause.kind} ` +
              `${pause.value} had stood for more than ten seconds`,
          })),
  );
}
