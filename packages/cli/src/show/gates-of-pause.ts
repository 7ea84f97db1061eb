import type { GateCounts, PauseGates, TurnGateView } from '@orchestra/pause-core/contract';
import { sayDuration } from './duration.ts';
import { sayInstant } from './instant.ts';
import { indented } from './listed.ts';
import { table, terminalWidth } from './table.ts';
import { visibleText } from './visible-text.ts';

/** `gates: 2 of 3 have confirmed it`; nothing where none is connected. */
export function sayConfirmed(counts: GateCounts | null): string[] {
  if (counts === null || counts.connected === 0) return [];
  const { connected, confirmed } = counts;
  if (confirmed === connected)
    return [`gates: ${connected === 1 ? 'the one connected has' : `all ${connected} connected have`} confirmed it`];
  return [`gates: ${confirmed} of ${connected} connected ${confirmed === 1 ? 'has' : 'have'} confirmed it so far`];
}

/** Which gates know a pause, and which have met it. */
export function showPauseGates(gates: PauseGates | null, now: Date = new Date()): string[] {
  if (gates === null) return [];
  return [
    ...sayConfirmed(gates),
    ...gates.unconfirmed.map(
      (gate) =>
        `  not yet: ${sayGate(gate)}, last heard of ` +
        `${sayDuration((now.getTime() - Date.parse(gate.seen_at)) / 1_000)} ago`,
    ),
    ...showRefusals(gates, now),
  ];
}

function sayGate({ name, kind, by }: TurnGateView): string {
  return `${visibleText(name)} (${visibleText(kind)}, token ${visibleText(by)})`;
}

function showRefusals({ refused, refused_by: by, last_refused_at: last, refusals }: PauseGates, now: Date): string[] {
  if (refused === 0 || last === null) return [];
  const ago = sayDuration((now.getTime() - Date.parse(last)) / 1_000);
  return [
    `refused ${refused} ${refused === 1 ? 'time' : 'times'} by ${by} ${by === 1 ? 'gate' : 'gates'}, last ${ago} ago`,
    indented(
      table(
        refusals,
        [
          { head: 'GATE', cell: ({ gate }) => (gate === '' ? '(others)' : gate) },
          { head: 'TOKEN', cell: (refusal) => refusal.by },
          { head: 'AGENT', cell: ({ agent_id }) => agent_id },
          { head: 'SKILL', cell: ({ skill }) => skill },
          { head: 'REFUSED', cell: (refusal) => refusal.refused, align: 'right' },
          { head: 'LAST', cell: ({ last_at }) => sayInstant(last_at, now) },
        ],
        terminalWidth() - 2,
      ),
    ),
  ];
}
