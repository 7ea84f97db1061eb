import { describe, expect, test } from 'vitest';
import { AUTO_PAUSE_RULE, judgeAlerts, type AlertRule } from './alert-rule.ts';

const MINUTE = 60_000;
const WINDOW = 5 * MINUTE;
const PAUSE = 30 * MINUTE;
const at = (...seconds: number[]): number[] => seconds.map((second) => second * 1_000);
const judge = (seconds: number[], now: number): number | null =>
  judgeAlerts(at(...seconds), AUTO_PAUSE_RULE, now * 1_000);

describe('P14 the rule', () => {
  test('three critical alerts within five minutes pause for 1800 s; fewer do not', () => {
    expect(judge([], 0)).toBeNull();
    expect(judge([0], 0)).toBeNull();
    expect(judge([0, 1], 1)).toBeNull();
    expect(judge([0, 1, 2], 2)).toBe(1_800_000);
    expect(judge([5, 5, 5], 5)).toBe(1_800_000);
  });

  test('the window is half open: exactly five minutes apart is not together, a millisecond less is', () => {
    expect(judge([0, 1, 300], 300)).toBeNull();
    expect(judge([0.001, 1, 300], 300)).toBe(1_800_000);
    expect(judge([0, 1, 300, 300.5], 300.5)).toBe(1_800_000);
  });

  test('on time means within fifteen seconds; later, the pause lasts for the time left; after its end there is none', () => {
    expect(judge([0, 1, 2], 17)).toBe(1_800_000);
    expect(judge([0, 1, 2], 18)).toBe(1_784_000);
    expect(judge([0, 1, 2], 1_801)).toBe(1_000);
    expect(judge([0, 1, 2], 1_802)).toBeNull();
    expect(judge([0, 1, 2], 100_000)).toBeNull();
  });

  test('alerts during the pause that was due have had their effect: they neither prolong it nor count toward the next', () => {
    expect(judge([0, 1, 2, 1_700, 1_710, 1_790], 1_795)).toBe(7_000);
    expect(judge([0, 1, 2, 1_790, 1_801, 1_803, 1_804], 1_804)).toBeNull();
    expect(judge([0, 1, 2, 1_790, 1_802, 1_803, 1_804], 1_804)).toBe(1_800_000);
  });

  test('alerts that were too few in their time do not add up over hours', () => {
    expect(judge([0, 200, 400, 600, 800, 1_000], 1_000)).toBeNull();
    expect(judge([0, 200, 400, 499], 499)).toBe(1_800_000);
  });

  test('another rule counts otherwise', () => {
    const one: AlertRule = { alerts: 1, windowMs: 1_000, pauseMs: 10_000 };
    expect(judgeAlerts([5], one, 5)).toBe(10_000);
    const five: AlertRule = { alerts: 5, windowMs: 1_000, pauseMs: 10_000 };
    expect(judgeAlerts([1, 2, 3, 4], five, 4)).toBeNull();
    expect(judgeAlerts([1, 2, 3, 4, 1_001], five, 1_001)).toBeNull();
    expect(judgeAlerts([2, 3, 4, 5, 1_001], five, 1_001)).toBe(10_000);
  });
});

/**
 * Somebody who sits there and looks at every second: while the actor is paused nothing is done; otherwise the alerts of
 * the last five minutes since the last pause ended are counted. Tells until when the actor is paused, as of `now`.
 */
function watchEverySecond(alerts: readonly number[], rule: AlertRule, now: number): number | null {
  let pausedUntil = -Infinity;
  let heard: number[] = [];
  for (let second = 0; second <= now; second += 1_000) {
    for (const alert of alerts.filter((time) => time === second)) {
      if (second < pausedUntil) continue;
      heard = heard.filter((time) => time > second - rule.windowMs);
      heard.push(alert);
      if (heard.length < rule.alerts) continue;
      pausedUntil = second + rule.pauseMs;
      heard = [];
    }
  }
  return pausedUntil > now ? pausedUntil : null;
}

describe('P14 it makes no difference whether somebody watched or reads the alerts later', () => {
  const rule: AlertRule = { alerts: 3, windowMs: 20_000, pauseMs: 60_000 };

  test.each(Array.from({ length: 40 }, (_, index) => index + 1))(
    'against a watcher who looks every second (dice %i)',
    (seed) => {
      let state = seed;
      const roll = (sides: number): number => {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        return Math.floor((state / 2_147_483_648) * sides);
      };
      const alerts = Array.from({ length: 4 + roll(20) }, () => roll(400) * 1_000).toSorted((a, b) => a - b);
      for (let now = 0; now <= 480_000; now += 1_000) {
        const known = alerts.filter((time) => time <= now);
        const pausedUntil = watchEverySecond(known, rule, now);
        const verdict = judgeAlerts(known, rule, now);
        const told = `alerts at ${known.map((time) => time / 1_000).join(', ')}; now ${now / 1_000}`;
        if (pausedUntil === null) {
          expect(verdict, told).toBeNull();
        } else {
          const onTime = pausedUntil - rule.pauseMs >= now - 15_000;
          expect(verdict, told).toBe(onTime ? rule.pauseMs : pausedUntil - now);
        }
      }
    },
  );

  test('the default rule is the one of the promise', () => {
    expect(AUTO_PAUSE_RULE).toEqual({ alerts: 3, windowMs: WINDOW, pauseMs: PAUSE });
  });
});
