import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot, { type AlignedData, type Options } from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { machineIsDark, theme } from '../state/theme.ts';
import { zone } from '../state/zone.ts';
import { axisText } from '../text/time-text.ts';

const HEIGHT = 132;
const LONG_MS = 2 * 86_400_000;

export type RateName = 'claimed' | 'completed' | 'failed';
const SAID: Record<RateName, string> = { claimed: 'claimed', completed: 'finished', failed: 'failed' };

/** Per minute, at the beginning of a span of time; null: nobody counted what happened then. */
export interface RatePoint {
  readonly atMs: number;
  readonly rates: Partial<Record<RateName, number>> | null;
}

interface RatesChartProps {
  points: readonly RatePoint[];
  names: readonly RateName[];
  /** What is drawn, for who does not see it. */
  says: string;
}

/** How fast it went, span by span, per minute. The numbers beside it say the same to who does not see it. */
export function RatesChart({ points, names, says }: RatesChartProps): VNode {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const isLong = (points.at(-1)?.atMs ?? 0) - (points[0]?.atMs ?? 0) > LONG_MS;
  const looks = `${theme.value} ${machineIsDark.value} ${zone.value} ${names.join(' ')} ${isLong}`;
  useEffect(() => {
    const { current } = place;
    if (current === null) return;
    const plot = (chart.current = new uPlot(optionsIn(current, names, isLong), dataOf(points, names), current));
    const watching = new ResizeObserver(() => plot.setSize({ width: current.clientWidth, height: HEIGHT }));
    watching.observe(current);
    return () => {
      watching.disconnect();
      plot.destroy();
    };
  }, [looks]);
  useEffect(() => chart.current?.setData(dataOf(points, names)), [points]);
  return <div class="chart" ref={place} role="img" aria-label={says} />;
}

function dataOf(points: readonly RatePoint[], names: readonly RateName[]): AlignedData {
  return [
    points.map(({ atMs }) => atMs / 1_000),
    ...names.map((name) => points.map(({ rates }) => rates?.[name] ?? null)),
  ] as AlignedData;
}

function optionsIn(element: HTMLElement, names: readonly RateName[], isLong: boolean): Options {
  const colour = (name: string): string => colourOf(element, name);
  const axis = {
    stroke: colour('muted'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  const clock = zone.value;
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [6, 18, 0, 0],
    legend: { show: false },
    ...(clock === 'utc' ? { tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC') } : {}),
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    scales: { y: { range: (_plot, _min, max) => [0, Math.max(5, max * 1.1)] } },
    axes: [
      {
        ...axis,
        size: 24,
        space: 70,
        values: (_plot, splits) => splits.map((seconds) => axisText(seconds * 1_000, clock, isLong)),
      },
      { ...axis, size: 40, space: 30 },
    ],
    series: [
      {},
      ...names.map((name) => ({
        label: SAID[name],
        stroke: colour(name),
        width: 1.5,
        points: { show: false },
        ...(name === 'failed' ? { fill: colour('failed-ground') } : {}),
      })),
    ],
  };
}

/** A colour of the page as a canvas takes it: resolved for light or dark. */
function colourOf(element: HTMLElement, name: string): string {
  const probe = document.createElement('i');
  probe.className = `colour-${name}`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
