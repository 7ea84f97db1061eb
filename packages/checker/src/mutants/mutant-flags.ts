import { findMutant } from './mutants.ts';

/** The module that, loaded before a program's own, makes the program run with this mutant. @throws for a name that no mutant has */
export function mutantImport(name: string): string {
  const url = new URL('load-mutant.ts', import.meta.url);
  url.searchParams.set('mutant', findMutant(name).name);
  return url.href;
}

/** The flags for `node` that do it. */
export function mutantFlags(name: string): string[] {
  return ['--import', mutantImport(name)];
}
