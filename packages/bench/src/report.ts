import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { drawCurve } from './curve-svg.ts';
import { withMarkedBlock } from './marked-block.ts';
import type { Machine } from './machine.ts';
import type { Curve, Finding } from './measure.ts';
import { markdownTable } from './table.ts';

/** Everything that one run brought, as it is written to JSON. */
export interface Report {
  at: string;
  machine: Machine;
  postgres: string;
  /** On a server of the run's own, with PostgreSQL's default settings. */
  defaults: boolean;
  quick: boolean;
  long: boolean;
  rounds: number;
  /** The measures that were asked for; null: all. */
  only: readonly string[] | null;
  seconds: number;
  failures: readonly string[];
  findings: readonly Finding[];
  curves: readonly Curve[];
}

const DOCS = new URL('../../../docs/', import.meta.url);
const PAGE = 'performance.md';
const FIGURES = 'performance.json';

/** Writes the block of docs/performance.md, the curves beside it, and all figures as JSON. Answers the files' names. */
export async function writeReport(report: Report, titles: ReadonlyMap<string, string>): Promise<string[]> {
  const page = new URL(PAGE, DOCS);
  const text = withMarkedBlock(await readFile(page, 'utf8'), reportBlock(report, titles));
  const files: [string, string][] = [
    ...report.curves.map((curve): [string, string] => [`${curve.name}.svg`, drawCurve(curve)]),
    [FIGURES, `${JSON.stringify(report, null, 2)}\n`],
    [PAGE, text],
  ];
  for (const [name, content] of files) await writeFile(new URL(name, DOCS), content);
  return files.map(([name]) => fileURLToPath(new URL(name, DOCS)));
}

/** What stands between the markers. */
export function reportBlock(report: Report, titles: ReadonlyMap<string, string>): string {
  const { machine } = report;
  const how = [
    report.quick ? '--quick' : '',
    report.only === null ? '' : `--only ${report.only.join(',')}`,
    report.long ? '--long' : '',
  ]
    .filter((word) => word !== '')
    .join(' ');
  const server = report.defaults
    ? `PostgreSQL ${report.postgres} with its default settings`
    : `PostgreSQL ${report.postgres} at \`DATABASE_URL\``;
  return [
    `Measured ${report.at.slice(0, 10)} on ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} ` +
      `GB, ${machine.system}; ${server}, on the same machine; Node.js ${machine.node}.`,
    `${report.rounds} rounds, ${Math.round(report.seconds / 60)} minutes. Again: \`npx pnpm ` +
      `bench${how === '' ? '' : ` ${how}`}\`. Every figure of this run is in [${FIGURES}](${FIGURES}).`,
    '',
    markdownTable(report.findings, titles),
    '',
    ...report.curves.flatMap((curve) => [`![${curve.title}](${curve.name}.svg)`, '']),
  ].join('\n');
}
