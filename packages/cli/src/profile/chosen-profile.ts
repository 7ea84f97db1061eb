// One process runs one command line, and what it chose holds for all of it.
let chosen: string | undefined;

/** Notes the profile that the command line names. */
export function chooseProfile(name: string): string {
  chosen = name;
  return name;
}

/** The profile that the command line names; undefined: it names none. */
export function chosenProfile(): string | undefined {
  return chosen;
}
