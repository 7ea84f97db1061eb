/** A change to one file that breaks one rule. Each text to be replaced has to stand in the file exactly once. */
export interface Mutant {
  name: string;
  /** Where the rule stands, from the root of the repository. */
  file: string;
  /** The function of the database that holds the rule. `file` makes the function; it is changed there, and restored afterwards. */
  inFunction?: string;
  edits: readonly Edit[];
  /** Which promise it breaks, and how that hurts. */
  why: string;
  /** Where it has to be found: by a model, a stepped scenario, or a property, of this name. */
  caughtBy: { level: 'L0' | 'L1' | 'L3'; name: string };
}

export interface Edit {
  find: string;
  replace: string;
}

/** @throws when a text does not stand in the source exactly once: the mutant has to be looked at again */
export function applyMutant(mutant: Mutant, source: string): string {
  return mutant.edits.reduce((text, { find, replace }) => {
    const parts = text.split(find);
    if (parts.length !== 2)
      throw new Error(
        `the mutant "${mutant.name}" looks for a text that stands ${parts.length - 1} times in ${mutant.file}, not once: ${find}`,
      );
    return parts.join(replace);
  }, source);
}
