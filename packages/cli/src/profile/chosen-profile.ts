// What a command line chose holds for all of it.
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

/** Before a command line is read: a process may run several, one after the other. */
export function forgetProfile(): void {
  chosen = undefined;
}
