import { expect, test } from 'vitest';
import { drawCurve } from './curve-svg.ts';

const CURVE = {
  name: 'curve',
  title: 'claims < & "tasks"',
  xLabel: 'paused tasks',
  yLabel: 'claims/s',
  series: [
    {
      name: '1 claimer',
      points: [
        { x: 0, y: 1_000 },
        { x: 100_000, y: 900 },
        { x: 1_000_000, y: 950 },
      ],
    },
    { name: '8 claimers', points: [{ x: 0, y: 2_000 }] },
  ],
};

const placesOf = (svg: string, color: string): { x: number; y: number }[] =>
  [...svg.matchAll(new RegExp(`<circle cx="([^"]+)" cy="([^"]+)" r="[^"]+" fill="${color}"/>`, 'g'))].map(
    ([, x, y]) => ({ x: Number(x), y: Number(y) }),
  );

test('points stand from left to right by x and higher for a larger y, all inside the picture', () => {
  const [none, some, many] = placesOf(drawCurve(CURVE), '#2b7bba');
  if (none === undefined || some === undefined || many === undefined) throw new Error('three points were to be drawn');
  expect(none.x).toBeLessThan(some.x);
  expect(some.x).toBeLessThan(many.x);
  expect(none.y).toBeLessThan(many.y);
  expect(many.y).toBeLessThan(some.y);
  for (const { x, y } of [none, some, many]) {
    expect(x).toBeGreaterThan(0);
    expect(x).toBeLessThan(720);
    expect(y).toBeGreaterThan(0);
    expect(y).toBeLessThan(360);
  }
});

test('text cannot break the picture, and it is readable on a dark page too', () => {
  const svg = drawCurve(CURVE);
  expect(svg).toContain('claims &lt; &amp; &quot;tasks&quot;');
  expect(svg).toContain('prefers-color-scheme: dark');
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});

test('one point, and no points at all, are pictures as well', () => {
  expect(drawCurve({ ...CURVE, series: [{ name: 'one', points: [{ x: 20, y: 0 }] }] })).not.toMatch(/NaN|Infinity/);
  expect(drawCurve({ ...CURVE, series: [] })).not.toMatch(/NaN|Infinity/);
});
