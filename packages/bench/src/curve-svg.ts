import type { Curve } from './measure.ts';

const SIZE = { width: 720, height: 360 };
const FRAME = { left: 64, right: 16, top: 48, bottom: 52 };
// Told apart by colour-blind eyes, on white and on black; dashes for those who see no colours at all.
const STROKES = ['#2b7bba', '#d9700f', '#2f9e6e', '#b0489c'];
const DASHES = ['', '6 4', '2 4', '10 3 2 3'];

/**
 * A line chart that is readable on a light page and on a dark one. The x axis is logarithmic, with 0 at its left end;
 * the y axis begins at 0, so that heights can be compared.
 */
export function drawCurve({ title, xLabel, yLabel, series }: Curve): string {
  const xs = [...new Set(series.flatMap(({ points }) => points.map((point) => point.x)))].toSorted((a, b) => a - b);
  const top = niceTop(Math.max(1, ...series.flatMap(({ points }) => points.map((point) => point.y))));
  const x = placeX(xs);
  const y = (value: number): number =>
    SIZE.height - FRAME.bottom - (value / top) * (SIZE.height - FRAME.top - FRAME.bottom);
  const ticks = [0, 1, 2, 3, 4].map((quarter) => (top * quarter) / 4);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="${escape(title)}">
<style>
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 15px } .grid { stroke: #8b949e; stroke-opacity: .35 } .line { fill: none; stroke-width: 2.5 }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }
</style>
<text class="title" x="${FRAME.left}" y="22">${escape(title)}</text>
${ticks.map((tick) => `<line class="grid" x1="${FRAME.left}" x2="${SIZE.width - FRAME.right}" ` + `y1="${round(y(tick))}" y2="${round(y(tick))}"/><text x="${FRAME.left - 8}" ` + `y="${round(y(tick) + 4)}" text-anchor="end">${short(tick)}</text>`).join('\n')}
${xs.map((value) => `<text x="${round(x(value))}" y="${SIZE.height - FRAME.bottom + 20}" ` + `text-anchor="middle">${short(value)}</text>`).join('\n')}
<text x="${SIZE.width / 2}" y="${SIZE.height - 10}" text-anchor="middle">${escape(xLabel)}</text>
<text x="16" y="${SIZE.height / 2}" text-anchor="middle" transform="rotate(-90 16 ${SIZE.height / 2})">${escape(yLabel)}</text>
${series
  .map(({ name, points }, index) =>
    drawSeries(
      name,
      points.map((point) => ({ x: round(x(point.x)), y: round(y(point.y)) })),
      index,
    ),
  )
  .join('\n')}
</svg>
`;
}

function drawSeries(name: string, points: readonly { x: number; y: number }[], index: number): string {
  const stroke = STROKES[index % STROKES.length] ?? '';
  const dash = DASHES[index % DASHES.length] ?? '';
  const line = points.map((point) => `${point.x},${point.y}`).join(' ');
  const legendX = FRAME.left + index * 165;
  return `<polyline class="line" points="${line}" stroke="${stroke}"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}/>
${points.map((point) => `<circle cx="${point.x}" cy="${point.y}" r="3.5" fill="${stroke}"/>`).join('')}
<line class="line" x1="${legendX}" x2="${legendX + 26}" y1="36" y2="36" stroke="${stroke}"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}/><text x="${legendX + 32}" y="40">${escape(name)}</text>`;
}

/**
 * Where a value stands: by its logarithm between the smallest and the largest one that has any; 0 one step before them.
 */
function placeX(xs: readonly number[]): (value: number) => number {
  const logs = xs.filter((value) => value > 0).map((value) => Math.log10(value));
  const last = Math.max(...logs, 0);
  const first = Math.min(...logs, last) - (xs.includes(0) ? Math.max(0.5, (last - Math.min(...logs, last)) / 4) : 0);
  const width = SIZE.width - FRAME.left - FRAME.right - 32;
  return (value) =>
    FRAME.left + 16 + (value > 0 ? (Math.log10(value) - first) / Math.max(last - first, 1e-9) : 0) * width;
}

function niceTop(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return power * ([1, 2, 4, 6, 8, 10].find((times) => times * power >= most) ?? 10);
}

function short(value: number): string {
  return new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 }).format(value);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
