/** When alerts about one actor pull the brake by themselves. Durations in milliseconds. */
export interface AlertRule {
  /** How many critical alerts. */
  alerts: number;
  /** Within how long: half open, so that with five minutes two alerts exactly five minutes apart are not together. */
  windowMs: number;
  /** How long the pause lasts, from the alert that completed the count. */
  pauseMs: number;
}

export const AUTO_PAUSE_RULE: AlertRule = { alerts: 3, windowMs: 300_000, pauseMs: 1_800_000 };

// A judge that missed a bell looks again within seconds. That late is on time: the pause gets its full length.
const ON_TIME_MS = 15_000;

/**
 * Judges one actor's alerts as if someone had watched them come in: as soon as enough fall into one window, the actor
 * is paused from that alert on; alerts during a pause have had their effect and count toward no other. So it makes no
 * difference whether the judge was there at the time or reads the alerts later.
 *
 * @param alertTimes epoch milliseconds, rising: critical, unacknowledged, later than the end of the actor's last
 *   auto-pause
 * @param now epoch milliseconds on the same clock
 * @returns how long the pause that is due lasts, in milliseconds: in full, or what is left of it when the judge comes
 *   late; null when none is due
 */
export function judgeAlerts(alertTimes: readonly number[], rule: AlertRule, now: number): number | null {
  const { dueSince } = lastDue(alertTimes, rule);
  const lateMs = now - dueSince;
  if (lateMs >= rule.pauseMs) return null;
  return lateMs <= ON_TIME_MS ? rule.pauseMs : rule.pauseMs - lateMs;
}

/** Of the same alerts the ones that made the last pause due, by which they are used up. */
export function feedingAlerts(alertTimes: readonly number[], rule: AlertRule): readonly number[] {
  return lastDue(alertTimes, rule).feeding;
}

function lastDue(alertTimes: readonly number[], rule: AlertRule): { dueSince: number; feeding: readonly number[] } {
  let dueSince = -Infinity;
  let feeding: readonly number[] = [];
  let together: number[] = [];
  for (const time of alertTimes) {
    if (time < dueSince + rule.pauseMs) continue;
    together = [...together.filter((earlier) => time - earlier < rule.windowMs), time];
    if (together.length < rule.alerts) continue;
    dueSince = time;
    feeding = together;
    together = [];
  }
  return { dueSince, feeding };
}
