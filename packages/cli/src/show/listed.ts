// What stands below a line of its own, as a list does.

/** Every line of it further in. */
export function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}

/** The line for what a list leaves out; none where it leaves out nothing. */
export function beyond(count: number): string[] {
  return count > 0 ? [`  and ${count} more`] : [];
}
