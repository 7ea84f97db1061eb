import type { QueueRates } from '@orchestra/task-queue/contract';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot, { type AlignedData, type Options } from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { machineIsDark, theme } from '../../state/theme.ts';

const HEIGHT = 132;
const SERIES = ['claimed', 'completed', 'failed'] as const;

/** The last hour by the minute. The numbers beside it say the same to who does not see it. */
export function RatesChart({ rates }: { rates: QueueRates }): VNode {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const colours = `${theme.value} ${machineIsDark.value}`;
  useEffect(() => {
    const { current } = place;
    if (current === null) return;
    const plot = chart.current = new uPlot(optionsIn(current), dataOf(rates), current);
    const watching = new ResizeObserver(() => plot.setSize({ width: current.clientWidth, height: HEIGHT }));
    watching.observe(current);
    return () => {
      watching.disconnect();
      plot.destroy();
    };
  }, [colours]);
  useEffect(() => chart.current?.setData(dataOf(rates)), [rates]);
  return <div class="chart" ref={place} role="img" aria-label={`Claimed, finished and failed in each of the last ${rates.minutes.length} minutes`} />;
}

/** The minute that is not over is left out: it would look like a collapse. The rates beside the chart are of the last sixty seconds. */
function dataOf(rates: QueueRates): AlignedData {
  const minutes = rates.minutes.slice(0, -1);
  return [minutes.map(({ at }) => Date.parse(at) / 1_000), ...SERIES.map((name) => minutes.map((minute) => minute[name]))] as AlignedData;
}

function optionsIn(element: HTMLElement): Options {
  const colour = (name: string): string => colourOf(element, name);
  const axis = { stroke: colour('muted'), grid: { stroke: colour('line'), width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [6, 4, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    scales: { y: { range: (_plot, _min, max) => [0, Math.max(5, max * 1.1)] } },
    axes: [{ ...axis, size: 24, space: 70, values: [[3_600, '{HH}:{mm}', null, null, null, null, null, null, 1], [60, '{HH}:{mm}', null, null, null, null, null, null, 1]] }, { ...axis, size: 40, space: 30 }],
    series: [
      {},
      { label: 'claimed', stroke: colour('claimed'), width: 1.5, points: { show: false } },
      { label: 'finished', stroke: colour('completed'), width: 1.5, points: { show: false } },
      { label: 'failed', stroke: colour('failed'), width: 1.5, points: { show: false }, fill: colour('failed-ground') },
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
