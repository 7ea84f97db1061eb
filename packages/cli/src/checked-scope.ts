import { properScope, scopeFields } from '@orchestra/pause-core/contract';
import { z } from 'zod';
import { checked } from './checked.ts';
import type { GivenScope } from './flags/scope.ts';

const scope = z.object(scopeFields).superRefine(properScope);

/**
 * A scope that was typed, as the contract names it.
 *
 * @throws CommandFailure `wrong_usage`
 */
export function checkedScope({ kind, value, also }: GivenScope): z.output<typeof scope> {
  return checked(scope, { scope_kind: kind, scope_value: value, also });
}
