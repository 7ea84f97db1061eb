/** A ref as people write it, taken apart: `main~2` is the name `main` and the steps `~2`. */
export interface RefWords {
  readonly name: string;
  /** From the named commit to its ancestors. */
  readonly steps: string;
}

const CHARS_MAX = 1_000;
const STEPS = /[~^].*$/s;
const STEPS_KNOWN = /^(?:[~^][0-9]{0,6}|\^\{(?:commit)?\})*$/;
// What git allows in no name of a ref. `@{` begins words about this clone's own past (`main@{1}`), which say nothing
// about a project.
const NOT_IN_A_NAME = /[\p{Cc} :?*[\\]|\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)|^[-/.]|[/.]$/u;

/** undefined: these are not the words for a branch, a tag or a commit. Pure. */
export function refWords(ref: string): RefWords | undefined {
  if (ref.length > CHARS_MAX || !ref.isWellFormed()) return undefined;
  const steps = STEPS.exec(ref)?.[0] ?? '';
  const name = ref.slice(0, ref.length - steps.length);
  if (name === '' || NOT_IN_A_NAME.test(name) || !STEPS_KNOWN.test(steps)) return undefined;
  return { name: name === '@' ? 'HEAD' : name, steps };
}

/**
 * Where a clone keeps its copy of a remote's ref, by the refspecs of its fetches
 * (`+refs/heads/*:refs/remotes/origin/*`). Pure.
 */
export function fetchedTo(ref: string, refspecs: readonly string[]): string | undefined {
  for (const refspec of refspecs) {
    const [from = '', to = ''] = refspec.replace(/^\+/, '').split(':');
    if (from === '' || to === '' || from.startsWith('^')) continue;
    if (from === ref) return to;
    const [before = '', after] = from.split('*');
    const fits =
      after !== undefined &&
      ref.length >= before.length + after.length &&
      ref.startsWith(before) &&
      ref.endsWith(after);
    if (fits) return to.split('*').join(ref.slice(before.length, ref.length - after.length));
  }
  return undefined;
}
