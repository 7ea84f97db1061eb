import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { OneTimer } from './one-timer.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function timer() {
  const rung: string[] = [];
  const one = new OneTimer<{ name: string }>();
  const key = (name: string): { name: string } => ({ name });
  const set = (of: { name: string }, ms: number): void => one.set(of, ms, () => rung.push(of.name));
  return { one, rung, key, set };
}

test('a thousand things need one timer, and what nearly is due goes along', () => {
  const { rung, key, set } = timer();
  for (let n = 0; n < 1_000; n++) set(key(`${n}`), 10_000 + n / 10);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(9_999);
  expect(rung).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(rung).toHaveLength(1_000);
  expect(vi.getTimerCount()).toBe(0);
});

test('each is rung once and never late, the earliest first, also one that is set while others wait', () => {
  const { rung, key, set } = timer();
  set(key('last'), 30_000);
  set(key('first'), 1_000);
  vi.advanceTimersByTime(500);
  set(key('second'), 10_000);
  vi.advanceTimersByTime(500);
  expect(rung).toEqual(['first']);
  vi.advanceTimersByTime(9_500);
  expect(rung).toEqual(['first', 'second']);
  vi.advanceTimersByTime(60_000);
  expect(rung).toEqual(['first', 'second', 'last']);
});

test('what is taken back or set anew is not rung as it was', () => {
  const { one, rung, key, set } = timer();
  const [gone, moved] = [key('gone'), key('moved')];
  set(gone, 1_000);
  set(moved, 1_000);
  one.clear(gone);
  set(moved, 5_000);
  vi.advanceTimersByTime(4_000);
  expect(rung).toEqual([]);
  vi.advanceTimersByTime(1_000);
  expect(rung).toEqual(['moved']);
});

test('one that rings may set itself again', () => {
  const { one, key } = timer();
  let rings = 0;
  const again = key('again');
  const ring = (): void => {
    rings += 1;
    one.set(again, 100, ring);
  };
  one.set(again, 100, ring);
  vi.advanceTimersByTime(1_000);
  expect(rings).toBeGreaterThanOrEqual(10);
});

test('without anything to ring it holds up no process', () => {
  vi.useRealTimers();
  const one = new OneTimer<object>();
  const key = {};
  const holding = (): number => process.getActiveResourcesInfo().filter((what) => what === 'Timeout').length;
  const before = holding();
  one.set(key, 60_000, () => {});
  expect(holding()).toBe(before + 1);
  one.clear(key);
  expect(holding()).toBe(before);
  one.set(key, 60_000, () => {});
  expect(holding()).toBe(before + 1);
  one.clear(key);
});
