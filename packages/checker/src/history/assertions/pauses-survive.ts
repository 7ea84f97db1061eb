import { isSameScope } from '@orchestra/pause-core/scope';
import type { Call, Indexed, KnownPause } from '../indexed.ts';
import type { Assertion } from '../violation.ts';

const TTL_CLEARER = 'senate.ttl';

/**
 * A1. A pause that was answered is there at the end, and has ended only by its own end or by a call that asked for
 * that; what a call said it cleared stayed cleared.
 */
export const pausesSurvive: Assertion = (history) => {
  const rows = new Map(history.pauses.map((pause) => [pause.id, pause]));
  const lost = history.calls('pause').flatMap(({ invoke, ok }) =>
    ok === undefined || rows.has(ok.pause)
      ? []
      : [
          {
            assertion: 'A1' as const,
            t: ok.t,
            what:
              `pause ${ok.pause} on ${invoke.scope.kind} ${invoke.scope.value} was answered, and its row is ` +
              'not there',
          },
        ],
  );
  const clears = history.calls('unpause');
  const ended = history.pauses.flatMap((pause) =>
    endedRightly(pause, history, clears)
      ? []
      : [
          {
            assertion: 'A1' as const,
            t: pause.call?.ok?.t,
            what:
              `pause ${pause.id} on ${pause.kind} ${pause.value} was ended by ${pause.clearedBy}, and nobody ` +
              'had asked for that',
          },
        ],
  );
  const revived = clears.flatMap(({ ok }) =>
    (ok?.cleared ?? [])
      .filter((id) => (rows.get(id)?.clearedAt ?? null) === null)
      .map((id) => ({ assertion: 'A1' as const, t: ok?.t, what: `pause ${id} was said to be cleared, and is not` })),
  );
  return [...lost, ...ended, ...revived];
};

function endedRightly(pause: KnownPause, { testimony }: Indexed, clears: readonly Call<'unpause'>[]): boolean {
  if (pause.clearedAt === null) return true;
  if (pause.clearedBy === TTL_CLEARER) return Math.abs(pause.clearedAt - pause.endsAt) < 1;
  const why = testimony.audit.find((row) => row.action === 'pause.cleared' && row.subject === pause.id)?.why;
  const asked = clears.find(({ invoke }) => invoke.key === why)?.invoke.target;
  if (asked === undefined) return false;
  return 'pause' in asked
    ? asked.pause === pause.id
    : isSameScope(asked, { kind: pause.kind, value: pause.value, also: pause.also ?? undefined });
}
