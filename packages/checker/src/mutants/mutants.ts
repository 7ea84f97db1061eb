import { DECISION_MUTANTS } from './decision-mutants.ts';
import type { Mutant } from './mutant.ts';
import { PROPERTY_MUTANTS } from './property-mutants.ts';
import { STATEMENT_MUTANTS } from './statement-mutants.ts';

/** All of them: each is loaded by itself, and each has to be found. */
export const MUTANTS: readonly Mutant[] = [...STATEMENT_MUTANTS, ...DECISION_MUTANTS, ...PROPERTY_MUTANTS];

/** @throws for a name that no mutant has */
export function findMutant(name: string): Mutant {
  const mutant = MUTANTS.find((one) => one.name === name);
  if (mutant === undefined) throw new Error(`there is no mutant "${name}"`);
  return mutant;
}
