import { SCOPE_KINDS, type ActivePause, type TaskLabels } from '@orchestra/pause-core';
import fc from 'fast-check';

// Few values, so that pauses and labels meet.
const VALUES = ['x', 'y'] as const;
const label = fc.constantFrom(null, ...VALUES);

export const labels: fc.Arbitrary<TaskLabels> = fc.record({ agentId: label, skill: label, questId: label, actorId: label });

/** Active pauses, with ids in the order in which they were made. */
export const pauses: fc.Arbitrary<ActivePause[]> = fc.array(fc.record({
  kind: fc.constantFrom(...SCOPE_KINDS), value: fc.constantFrom(...VALUES), remainingMs: fc.option(fc.integer({ min: 1, max: 5_000 })),
}), { maxLength: 12 }).map((given) => given.map(({ kind, value, remainingMs }, index) => ({
  id: String(index + 1), scope: { kind, value }, reason: `pause ${index + 1}`, source: 'person' as const, pausedAt: new Date(0), pausedBy: 'dana',
  ttlSeconds: remainingMs === null ? null : 3_600, clearedAt: null, clearedBy: null, quietAt: null, endsAs: 'resume', stayedAt: null, probingAt: null, probeTaskId: null, warnedAt: null, remainingMs,
})));
