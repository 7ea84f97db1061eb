import { Args } from '@oclif/core';

const KINDS = ['agent', 'skill', 'quest', 'actor'] as const;
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
