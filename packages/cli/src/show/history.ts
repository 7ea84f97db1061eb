import type { HistoryEntry } from '@orchestra/pause-core/contract';
import { sayInstant } from './instant.ts';
import { table } from './table.ts';
import { sayScope } from './say-pause.ts';
import { visibleText } from './visible-text.ts';

/** Who did what, newest first; one line where nobody did anything. */
export function showHistory(entries: readonly HistoryEntry[]): string {
  if (entries.length === 0) return 'nothing happened, as far as was asked for';
  return table(entries, [
    { head: 'AT', cell: ({ at }) => sayInstant(at) },
    { head: 'BY', cell: ({ by }) => by },
    { head: 'WHAT', cell: ({ action }) => action },
    { head: 'ON', cell: (entry) => `${visibleText(entry.subject_kind)} ${entry.subject_id}` },
    {
      head: 'SCOPE',
      cell: ({ scope_kind, scope_value, also }) =>
        scope_kind === null ? null : sayScope({ scope_kind, scope_value: scope_value ?? '', also }),
    },
    { head: 'WHY', cell: ({ why }) => (why === '' ? null : why) },
  ]);
}
