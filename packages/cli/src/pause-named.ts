import { label, scopeKind } from '@orchestra/pause-core/contract';
import { z } from 'zod';
import { checked } from './checked.ts';
import { checkedId } from './checked-id.ts';
import { CommandFailure } from './failure.ts';
import type { Desk } from './desk/desk.ts';
import { givenScope, KINDS } from './flags/scope.ts';

/**
 * Which pause `senate show ID` or `senate show KIND VALUE` means. What was typed is checked before anything is asked.
 *
 * @returns finds its id: of a scope the newest active pause, else the last one
 * @throws CommandFailure `wrong_usage`; the function that is returned: `pause_not_found`
 */
export function pauseNamed(first: string, value: string | undefined): (desk: Pick<Desk, 'pauses' | 'history'>) => Promise<string> {
  const isKind = KINDS.some((kind) => kind === first);
  if (value === undefined && !isKind) {
    const id = checkedId(first);
    return () => Promise.resolve(id);
  }
  const given = givenScope({ kind: first, value }, 'senate show');
  const scope = checked(z.object({ scope_kind: scopeKind, scope_value: label }), { scope_kind: given?.kind, scope_value: given?.value });
  return async (desk) => {
    const [active] = await desk.pauses(scope);
    if (active !== undefined) return active.id;
    const { rows: [last] } = await desk.history({ ...scope, action: 'pause.created', limit: 1 });
    if (last === undefined) throw new CommandFailure('pause_not_found', `${scope.scope_kind} ${scope.scope_value} has never been paused; \`orchestra senate pauses\` lists what is`);
    return last.subject_id;
  };
}
