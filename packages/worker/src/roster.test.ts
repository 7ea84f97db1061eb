import { expect, test } from 'vitest';
import { Roster } from './roster.ts';

interface Run {
  name: string;
}
const [a, b, c]: [Run, Run, Run] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];

test('those that wait begin in the order of their claim, as far as there is room', () => {
  const roster = new Roster<Run>(1);
  for (const run of [a, b, c]) roster.add(run);
  expect([roster.next(), roster.next()]).toEqual([a, undefined]);
  expect(roster).toMatchObject({ free: 0, count: 3, begunCount: 1, aheadCount: 2, ahead: [b, c] });
  roster.leaveLine(b);
  roster.handled(a);
  expect(roster).toMatchObject({ free: 1, count: 3, begunCount: 0 });
  expect(roster.next()).toBe(c);
  for (const run of [a, b, c]) roster.ended(run);
  expect(roster).toMatchObject({ count: 0, begunCount: 0, aheadCount: 0 });
});

test('whoever waits for a change hears of the next one, or of the stop', async () => {
  const roster = new Roster<Run>(1);
  const stop = new AbortController();
  roster.add(a);
  roster.next();
  const changed = roster.changed(stop.signal);
  roster.handled(a);
  await changed;
  const stopped = roster.changed(stop.signal);
  stop.abort();
  await stopped;
  await expect(roster.changed(stop.signal)).resolves.toBeUndefined();
});
