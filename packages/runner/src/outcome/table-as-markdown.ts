import type { OutcomeCondition, OutcomeRow } from './outcome-row.ts';

/** The outcome table as docs/runners.md shows it. */
export function tableAsMarkdown(table: readonly OutcomeRow[]): string {
  return [
    '| row | when | outcome | to repair |',
    '| --- | --- | --- | --- |',
    ...table.map(({ name, when, outcome, fix }) => `| \`${name}\` | ${cell(whenAsText(when))} | ${outcome} | ${cell(fix ?? '')} |`),
  ].join('\n');
}

function whenAsText(when: OutcomeCondition): string {
  const parts = [
    when.timed_out && 'ended by our own time limit',
    when.start_error && (when.start_error.includes('*') ? 'not started, for whatever reason' : `not started: ${when.start_error.join(', ')}`),
    when.missing && `the ${when.missing} is missing`,
    when.exit_code && `exit code ${when.exit_code.join(', ')}`,
    when.counted && (when.counted === 'failures' ? 'its summary counts failed tests' : 'its summary counts no test that ran'),
    when.signal && `signal ${when.signal.join(', ')}, or a shell's exit code for it`,
    when.stderr && `stderr: ${when.stderr.map((pattern) => `\`${pattern.source}\``).join(' or ')}`,
    when.stdout && `stdout: ${when.stdout.map((pattern) => `\`${pattern.source}\``).join(' or ')}`,
  ].filter((part) => typeof part === 'string');
  return parts.length === 0 ? 'anything else' : parts.join('; ');
}

function cell(text: string): string {
  // Where code holds a backtick, two of them around it.
  return text.replaceAll(/`([^`]*`[^`]*)`(?=\s|$)/g, '`` $1 ``').replaceAll('|', '\\|');
}
