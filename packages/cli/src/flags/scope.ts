import { Args } from '@oclif/core';
import { wrongUsage } from '../failure.ts';

/** As in the contract. Kept here: parsing a flag must not load the contract. */
export const KINDS = ['agent', 'skill', 'quest', 'actor'] as const;
const kind = { description: 'what to look at', options: [...KINDS], ignoreStdin: true };
const value = { description: 'which one', ignoreStdin: true };

/** `KIND VALUE` */
export const scopeArgs = {
  kind: Args.string({ ...kind, required: true }),
  value: Args.string({ ...value, required: true }),
};

/** `[KIND VALUE]` */
export const optionalScopeArgs = {
  kind: Args.string(kind),
  value: Args.string(value),
};

/**
 * The scope that `[KIND VALUE]` names; undefined: none.
 *
 * @param command the one that was called, for an example
 * @throws CommandFailure `wrong_usage` for half of one
 */
export function givenScope({ kind, value }: { kind?: string | undefined; value?: string | undefined }, command: string): { kind: string; value: string } | undefined {
  if (kind === undefined) return undefined;
  if (value === undefined) throw wrongUsage(`KIND needs a VALUE: for example \`orchestra ${command} agent skeptic\``);
  return { kind, value };
}
