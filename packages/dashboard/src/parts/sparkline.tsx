import type { VNode } from 'preact';

const WIDTH = 120;
const HEIGHT = 24;

/**
 * The last hour by the minute, as a line with no axis: what matters is its shape. Failures stand in it as ticks from
 * below, those of the minute that is not over too; the line would dip there for want of time, so it ends before. One
 * path each and no library: there are two hundred of them, and they take their colours from the page.
 */
export function Sparkline({
  finished,
  failed,
  of,
}: {
  finished: readonly number[];
  failed: readonly number[];
  of: string;
}): VNode {
  const most = Math.max(1, ...finished, ...failed);
  const total = sum(finished);
  const errors = sum(failed);
  const says = `${of}, last hour: ${total} finished, ${errors} failed`;
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={says}
    >
      <title>{says}</title>
      {total > 0 && <path class="finished" d={line(finished, most)} />}
      {errors > 0 && <path class="failed" d={ticks(failed, most)} />}
      {total + errors === 0 && <path class="flat" d={`M0 ${HEIGHT - 1}H${WIDTH}`} />}
    </svg>
  );
}

const x = (index: number, length: number): string => ((index * WIDTH) / Math.max(1, length - 1)).toFixed(1);
const height = (value: number, most: number): number => (value / most) * (HEIGHT - 3);

function line(values: readonly number[], most: number): string {
  return values
    .slice(0, -1)
    .map(
      (value, index) =>
        `${index === 0 ? 'M' : 'L'}${x(index, values.length)} ${(HEIGHT - 1.5 - height(value, most)).toFixed(1)}`,
    )
    .join('');
}

function ticks(values: readonly number[], most: number): string {
  return values
    .flatMap((value, index) =>
      value === 0 ? [] : [`M${x(index, values.length)} ${HEIGHT}v-${Math.max(3, height(value, most)).toFixed(1)}`],
    )
    .join('');
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
