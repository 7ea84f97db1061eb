import { COMMAND } from './command-name.ts';
import type { Desk, ScopeFilter } from './desk/desk.ts';
import { CommandFailure, wrongUsage } from './failure.ts';
import { givenScope } from './flags/scope.ts';

/**
 * The pause that `ID`, `KIND VALUE` or labels name: its id, or the scope that it alone is active on.
 *
 * @param command the one that was called, for an example
 */
export async function givenPause(
  { pause, value }: { pause?: string | undefined; value?: string | undefined },
  flags: Parameters<typeof givenScope>[2],
  command: string,
): Promise<{ id: string } | ScopeFilter> {
  const id = value === undefined && pause !== undefined && /^\d+$/.test(pause) ? pause : undefined;
  const given = givenScope({ kind: id === undefined ? pause : undefined, value }, command, flags);
  if (id !== undefined && given !== undefined)
    throw wrongUsage('say either the id of the pause or its scope, not both');
  if (id !== undefined) return { id };
  if (given === undefined) throw wrongUsage('say which pause: its id, KIND VALUE, or its labels');
  const { checkedScope } = await import('./checked-scope.ts');
  return checkedScope(given);
}

/** Of several, the person has to say which: a change to a machine's pause is seldom what was meant. */
export async function onlyPauseOn(desk: Desk, scope: ScopeFilter): Promise<string> {
  const { isSameScope, scopeOf } = await import('@orchestra/pause-core/scope');
  const pauses = (await desk.pauses(scope)).filter((each) => isSameScope(scopeOf(each), scopeOf(scope)));
  const [pause] = pauses;
  const { sayScope, sayPause } = await import('./show/say-pause.ts');
  if (pause === undefined)
    throw new CommandFailure(
      'pause_not_active',
      `${sayScope(scope)} is not paused; to pause it: ${COMMAND} senate pause`,
    );
  if (pauses.length > 1)
    throw wrongUsage(
      `${pauses.length} pauses are active on ${sayScope(scope)}; name one by its ` +
        `id:\n${pauses.map((each) => `  ${each.id}  ${sayPause(each)}`).join('\n')}`,
    );
  return pause.id;
}
