import { Args, Flags } from '@oclif/core';
import { wrongUsage } from '../failure.ts';

/** As in the contract. Kept here: parsing a flag must not load the contract. */
export const KINDS = ['agent', 'skill', 'quest', 'actor'] as const;
const FLEET = 'fleet';
const WHOLE_FLEET = '*';

/** `[KIND VALUE]`; with the flags beside it, every scope can be named. */
export const scopeArgs = {
  kind: Args.string({ description: 'what to look at', options: [...KINDS, FLEET], ignoreStdin: true }),
  value: Args.string({ description: "which one; of the fleet '*'", ignoreStdin: true }),
};

const label = (kind: string, helpValue: string) =>
  Flags.string({
    description: `${kind}; with other labels: only what carries all of them`,
    helpValue,
    helpGroup: 'SCOPE',
  });

/** The labels of a scope, in any order and each for itself or beside `KIND VALUE`. */
export const scopeFlags = {
  agent: label('this agent', 'ID'),
  skill: label('this skill', 'NAME'),
  quest: label('this quest', 'ID'),
  actor: label('this actor', 'ID'),
  fleet: Flags.boolean({ description: 'everything, also tasks without labels', helpGroup: 'SCOPE' }),
};

/** A scope as it was typed. */
export interface GivenScope {
  kind: string;
  value: string;
  also?: Record<string, string>;
}

type GivenFlags = { [Kind in (typeof KINDS)[number]]?: string | undefined } & { fleet?: boolean | undefined };

/**
 * The scope that `[KIND VALUE]` and the flags name together; undefined: none.
 *
 * @param command the one that was called, for an example
 * @throws CommandFailure `wrong_usage` for half of one, two labels of a kind, or labels beside the fleet
 */
export function givenScope(
  { kind, value }: { kind?: string | undefined; value?: string | undefined },
  command: string,
  flags: GivenFlags = {},
): GivenScope | undefined {
  const named = KINDS.flatMap((one) => {
    const label = flags[one];
    return label === undefined ? [] : [[one, label] as const];
  });
  if (kind === FLEET || flags.fleet === true) {
    if ((kind !== undefined && kind !== FLEET) || named.length > 0)
      throw wrongUsage('the fleet is everything: leave the other labels out');
    return { kind: FLEET, value: value ?? WHOLE_FLEET };
  }
  if (kind !== undefined && value === undefined)
    throw wrongUsage(`KIND needs a VALUE: for example \`orchestra ${command} agent skeptic\``);
  const labels = kind === undefined || value === undefined ? named : [[kind, value] as const, ...named];
  const twice = named.find(([one, other]) => one === kind && other !== value);
  if (twice !== undefined)
    throw wrongUsage(
      `${kind} ${value} and --${twice[0]} ${twice[1]}: a task carries one ${kind}, so nothing would be covered`,
    );
  const [first, ...others] = labels.filter(([one], index) => labels.findIndex(([same]) => same === one) === index);
  if (first === undefined) return undefined;
  return { kind: first[0], value: first[1], ...(others.length === 0 ? {} : { also: Object.fromEntries(others) }) };
}

/** The same, where there has to be one. */
export function neededScope(
  args: { kind?: string | undefined; value?: string | undefined },
  command: string,
  what: string,
  flags: GivenFlags,
): GivenScope {
  const given = givenScope(args, command, flags);
  if (given === undefined)
    throw wrongUsage(`say what to ${what}: KIND VALUE, labels such as --agent skeptic --quest q-7, or --fleet`);
  return given;
}
