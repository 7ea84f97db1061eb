import type { WitnessedAlert, WitnessedPause } from '../testimony.ts';
import type { Assertion, Violation } from '../violation.ts';

const AUTO_PAUSER = 'senate.auto';
const ALERTS = 3;
const WINDOW_MS = 300_000;

/**
 * A9. Each automatic pause has three critical alerts of its own within five minutes, which came after the end of the
 * one before it; two of one actor never stand at a time; and no actor whose alerts call for a pause was left without
 * one.
 */
export const alertsPauseOnce: Assertion = ({ testimony, drained, toHistory }) => {
  const autos = Map.groupBy(
    testimony.pauses.filter((pause) => pause.by === AUTO_PAUSER),
    (pause) => pause.value,
  );
  const unfounded = [...autos].flatMap(([actor, pauses]) =>
    pauses
      .toSorted((a, b) => a.pausedAt - b.pausedAt)
      .flatMap((pause, index, all): Violation[] => {
        const before = all[index - 1];
        const since = before === undefined ? -Infinity : endOf(before);
        const at = toHistory(pause.pausedAt);
        if (since > pause.pausedAt)
          return [
            {
              assertion: 'A9',
              t: at,
              what:
                `actor ${actor} was paused automatically (${pause.id}) while its automatic ` +
                `pause ${before?.id} stood`,
            },
          ];
        return together(critical(testimony.alerts, actor, since, pause.pausedAt))
          ? []
          : [
              {
                assertion: 'A9',
                t: at,
                what: `actor ${actor} was paused automatically (${pause.id}) without three new critical alerts`,
              },
            ];
      }),
  );
  // An actor may be due in the last moment of a run that was not given its time to calm down.
  const forgotten = drained
    ? actorsDue(testimony).map((actor): Violation => ({
        assertion: 'A9',
        what: `actor ${actor} has three critical alerts and was not paused`,
      }))
    : [];
  return [...unfounded, ...forgotten];
};

/** Actors whose alerts call for a pause that has not been made. */
export function actorsDue({
  alerts,
  pauses,
}: {
  alerts: readonly WitnessedAlert[];
  pauses: readonly WitnessedPause[];
}): string[] {
  const actors = new Set(alerts.flatMap((alert) => alert.actor ?? []));
  return [...actors].filter((actor) => {
    const last = pauses
      .filter((pause) => pause.by === AUTO_PAUSER && pause.value === actor)
      .toSorted((a, b) => a.pausedAt - b.pausedAt)
      .at(-1);
    return together(critical(alerts, actor, last === undefined ? -Infinity : endOf(last), Infinity));
  });
}

function critical(alerts: readonly WitnessedAlert[], actor: string, after: number, until: number): number[] {
  return alerts
    .filter(
      (alert) =>
        alert.actor === actor &&
        alert.severity === 'critical' &&
        alert.ackAt === null &&
        alert.createdAt > after &&
        alert.createdAt <= until,
    )
    .map((alert) => alert.createdAt)
    .toSorted((a, b) => a - b);
}

function together(times: readonly number[]): boolean {
  return times.some((time, index) => (times[index + ALERTS - 1] ?? Infinity) - time < WINDOW_MS);
}

function endOf({ clearedAt, pausedAt, ttlSeconds }: WitnessedPause): number {
  return Math.min(clearedAt ?? Infinity, ttlSeconds === null ? Infinity : pausedAt + ttlSeconds * 1_000);
}
