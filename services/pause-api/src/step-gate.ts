import { toPauseView, type Covered, type TaskLabels, type TokenHolder } from '@orchestra/pause-core';
import type { PauseView } from '@orchestra/pause-core/contract';
import type { GateReports } from './gate-reports.ts';

/** A gate that keeps no copy and asks this service before each step. */
export interface AskingGate {
  name: string;
  kind: string;
  caller: TokenHolder;
}

/** Notes that such a gate is there, and what it was refused, without keeping its answer up. */
export function noteAsked(
  reports: GateReports,
  { name, kind, caller }: AskingGate,
  labels: TaskLabels,
  covered: Covered | undefined,
): void {
  const reportedBy = caller.name;
  reports.noteLater(
    {
      id: `${kind}:${caller.id}:${name}`,
      tokenId: caller.id,
      reportedBy,
      name,
      kind,
      host: null,
      keepsCopy: false,
      stopsWhenUnknown: true,
      knownPauses: null,
      leaving: false,
    },
    covered === undefined
      ? []
      : [
          {
            pauseId: covered.pause.id,
            gate: name,
            reportedBy,
            agentId: labels.agentId ?? null,
            skill: labels.skill ?? null,
            refused: 1,
            firstAgoMs: 0,
            lastAgoMs: 0,
          },
        ],
  );
}

/** What it is answered. */
export function stepAnswer(covered: Covered | undefined): {
  paused: boolean;
  reason: string | null;
  pause: PauseView | null;
} {
  return covered === undefined
    ? { paused: false, reason: null, pause: null }
    : { paused: true, reason: covered.reason, pause: toPauseView(covered.pause) };
}
