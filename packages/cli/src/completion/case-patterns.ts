import type { KnownCommand, KnownFlag } from './known-commands.ts';

// What bash and zsh are told in the same words: patterns of a `case`.

/** Every command and every beginning of one. */
export function commandPatterns(commands: readonly KnownCommand[]): string {
  return commands.filter(({ words }) => words.length > 0).map(({ words }) => `"${words.join(' ')}"`).join('|');
}

/** A flag behind its command, by each of its names. */
export function flagPatterns({ words }: KnownCommand, { name, char }: KnownFlag): string {
  return [`--${name}`, ...(char === undefined ? [] : [`-${char}`])].map((flag) => `"${words.join(' ')}|${flag}"`).join('|');
}
