import { KINDS } from '../flags/scope.ts';
import type { KnownCommand, KnownFlag } from './known-commands.ts';

// What bash and zsh are told in the same words: patterns of a `case`.

/** Every command and every beginning of one. */
export function commandPatterns(commands: readonly KnownCommand[]): string {
  return commands
    .filter(({ words }) => words.length > 0)
    .map(({ words }) => `"${words.join(' ')}"`)
    .join('|');
}

/** A kind of label behind a command that takes one. */
export function labelPatterns(commands: readonly KnownCommand[]): string {
  return commands
    .filter(({ takesLabel }) => takesLabel)
    .flatMap(({ words }) => KINDS.map((kind) => `"${words.join(' ')}|${kind}"`))
    .join('|');
}

/** A flag behind its command, by each of its names. */
export function flagPatterns({ words }: KnownCommand, { name, char }: KnownFlag): string {
  return [`--${name}`, ...(char === undefined ? [] : [`-${char}`])]
    .map((flag) => `"${words.join(' ')}|${flag}"`)
    .join('|');
}
