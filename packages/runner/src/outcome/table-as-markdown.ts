import type { OutcomeCondition, OutcomeRow } from './outcome-row.ts';

/** The outcome table as docs/runners.md shows it. */
export function tableAsMarkdown(table: readonly OutcomeRow[]): string {
  return [
    '| row | when | outcome | to repair |',
    '| --- | --- | --- | --- |',
    ...table.map(
      ({ name, when, outcome, fix }) => `| \`${name}\` | ${cell(whenAsText(when))} | ${outcome} | ${cell(fix ?? '')} |`,
    ),
  ].join('\n');
}

function whenAsText(when: OutcomeCondition): string {
  const parts = [
    when.timed_out && 'ended by our own time limit',
    when.start_error &&
      (when.start_error.includes('*')
        ? 'not started, for whatever reason'
        : `not started: ${when.start_error.join(', ')}`),
    when.missing && `the ${when.missing} is missing`,
    when.exit_code && `exit code ${when.exit_code.join(', ')}`,
    when.counted &&
      (when.counted === 'failures'
        ? `its summary counts failed tests${when.exit_code?.includes(0) === true ? ', or tests that did not end' : ''}`
        : 'its summary counts no test that ran'),
    when.signal && `signal ${when.signal.join(', ')}, or a shell's exit code for it`,
    when.stderr && `stderr: ${when.stderr.map(quoted).join(' or ')}`,
    when.last_words && `its last lines: ${when.last_words.map(quoted).join(' or ')}`,
    when.stdout && `stdout: ${when.stdout.map(quoted).join(' or ')}`,
  ].filter((part) => typeof part === 'string');
  return parts.length === 0 ? 'anything else' : parts.join('; ');
}

/** Where code holds a backtick, two of them around it. */
function quoted({ source }: RegExp): string {
  return source.includes('`') ? `\`\` ${source} \`\`` : `\`${source}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
