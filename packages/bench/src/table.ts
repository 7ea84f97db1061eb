import Table from 'cli-table3';
import { figure } from './figures.ts';
import { isReached, type Finding, type Target } from './measure.ts';

export function targetText(target: Target): string {
  if (target === 'stated') return 'stated';
  return 'atLeast' in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
}

export function reachedText(finding: Pick<Finding, 'reached' | 'unit'>): string {
  return finding.unit === undefined ? figure(finding.reached) : `${figure(finding.reached)} ${finding.unit}`;
}

const MARKS = new Map([
  [true, 'yes'],
  [false, 'no'],
  [null, '–'],
]);

/** For a terminal: what was measured, its target, what was reached. */
export function terminalTable(findings: readonly Finding[], titles: ReadonlyMap<string, string>): string {
  const table = new Table({
    head: ['measure', 'target', 'reached', 'met', 'from'],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [56, 10, 18, 5, 60],
  });
  for (const [name, rows] of byMeasure(findings)) {
    table.push([{ colSpan: 5, content: titles.get(name) ?? name }]);
    for (const row of rows)
      table.push([row.what, targetText(row.target), reachedText(row), MARKS.get(isReached(row)) ?? '', row.detail]);
  }
  return table.toString();
}

/** The same for docs/performance.md. */
export function markdownTable(findings: readonly Finding[], titles: ReadonlyMap<string, string>): string {
  const lines = ['| measure | target | reached | met | from |', '| --- | --- | --- | --- | --- |'];
  for (const [name, rows] of byMeasure(findings)) {
    lines.push(`| **${cell(titles.get(name) ?? name)}** (\`${name}\`) | | | | |`);
    for (const row of rows)
      lines.push(
        `| ${[row.what, targetText(row.target), reachedText(row), MARKS.get(isReached(row)) ?? '', row.detail].map(cell).join(' | ')} |`,
      );
  }
  return lines.join('\n');
}

function byMeasure(findings: readonly Finding[]): Map<string, Finding[]> {
  return Map.groupBy(findings, (finding) => finding.measure);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
