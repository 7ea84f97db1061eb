import { inOrder, SCOPE_KINDS, type ActivePause, type Scope, type TaskLabels } from '@orchestra/pause-core';
import fc from 'fast-check';

// Few values, so that pauses and labels meet.
const VALUES = ['x', 'y'] as const;
const label = fc.constantFrom(null, ...VALUES);

export const labels: fc.Arbitrary<TaskLabels> = fc.record({
  agentId: label,
  skill: label,
  questId: label,
  actorId: label,
});

const further = fc.option(
  fc.record(
    {
      actor: fc.constantFrom(...VALUES),
      agent: fc.constantFrom(...VALUES),
      skill: fc.constantFrom(...VALUES),
      quest: fc.constantFrom(...VALUES),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
);

/** Of every kind, some of them with further labels. */
export const scopes: fc.Arbitrary<Scope> = fc
  .record({ kind: fc.constantFrom(...SCOPE_KINDS), value: fc.constantFrom(...VALUES), also: further })
  .map(({ kind, value, also }) =>
    inOrder({ kind, value, ...(also === undefined ? {} : { also: { ...also, [kind]: value } }) }),
  );

/** Active pauses, with ids in the order in which they were made. */
export const pauses: fc.Arbitrary<ActivePause[]> = fc
  .array(
    fc.record({
      scope: scopes,
      remainingMs: fc.option(fc.integer({ min: 1, max: 5_000 })),
    }),
    { maxLength: 12 },
  )
  .map((given) =>
    given.map(({ scope, remainingMs }, index) => ({
      id: String(index + 1),
      scope,
      reason: `pause ${index + 1}`,
      source: 'person' as const,
      pausedAt: new Date(0),
      pausedBy: 'dana',
      ttlSeconds: remainingMs === null ? null : 3_600,
      clearedAt: null,
      clearedBy: null,
      quietAt: null,
      endsAs: 'resume',
      stayedAt: null,
      probingAt: null,
      probeTaskId: null,
      warnedAt: null,
      remainingMs,
    })),
  );
