import { isSameScope, scopeOf } from '@orchestra/pause-core/scope';
import { checkedId } from './checked-id.ts';
import { checkedScope } from './checked-scope.ts';
import { COMMAND } from './command-name.ts';
import { CommandFailure, wrongUsage } from './failure.ts';
import type { Desk } from './desk/desk.ts';
import { givenScope, KINDS } from './flags/scope.ts';
import { sayScope } from './show/say-pause.ts';

// Pauses that name these labels and others, which are looked through for the last one of exactly this scope.
const LOOKED_THROUGH_MAX = 200;

/**
 * Which pause `senate show ID`, `senate show KIND VALUE` or its flags mean. What was typed is checked before anything
 * is asked.
 *
 * @returns finds its id: of a scope the newest active pause, else the last one
 * @throws CommandFailure `wrong_usage`; the function that is returned: `pause_not_found`
 */
export function pauseNamed(
  { pause, value }: { pause?: string | undefined; value?: string | undefined },
  flags: Parameters<typeof givenScope>[2],
): (desk: Pick<Desk, 'pauses' | 'history'>) => Promise<string> {
  const isId = value === undefined && pause !== undefined && ![...KINDS, 'fleet'].includes(pause);
  const given = givenScope({ kind: isId ? undefined : pause, value }, 'senate show', flags);
  if (isId && given !== undefined) throw wrongUsage('say either the id of the pause or its scope, not both');
  if (isId) {
    const id = checkedId(pause);
    return () => Promise.resolve(id);
  }
  if (given === undefined) throw wrongUsage('say which pause: its id, KIND VALUE, or its labels');
  const named = checkedScope(given);
  const isIt = (other: Parameters<typeof scopeOf>[0]): boolean => isSameScope(scopeOf(other), scopeOf(named));
  return async (desk) => {
    const active = (await desk.pauses(named)).find(isIt);
    if (active !== undefined) return active.id;
    const { rows } = await desk.history({
      ...named,
      also: named.also ?? undefined,
      action: 'pause.created',
      limit: LOOKED_THROUGH_MAX,
    });
    const last = rows.find(
      ({ scope_kind, scope_value, also }) =>
        scope_kind !== null && scope_value !== null && isIt({ scope_kind, scope_value, also }),
    );
    if (last === undefined)
      throw new CommandFailure(
        'pause_not_found',
        `${sayScope(named)} has never been paused; \`${COMMAND} senate pauses\` lists what is`,
      );
    return last.subject_id;
  };
}
