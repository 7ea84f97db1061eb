import type { Command } from '@oclif/core';
import { nearLabels } from '@orchestra/task-queue/near-labels';

type Called = Pick<Command.Class, 'baseFlags' | 'examples' | 'flags'>;

// Those that oclif gives to every command.
const SHARED_FLAGS = ['help', 'json'];
const NONEXISTENT = /^Nonexistent flags?: (.*)$/m;
const NOT_AN_OPTION = /^Expected (?:--[\w-]+=)?(.*) to be one of: (.*)$/m;
const LACKS_VALUE = /^Flag --([\w-]+) expects a value$/m;

/**
 * What helps with a message of oclif's parser: what was probably meant, or an example of what is missing.
 *
 * @returns undefined where nothing does
 */
export function hintFor(message: string, command: Called): string | undefined {
  const flags = { ...command.baseFlags, ...command.flags };
  const [, unknown] = NONEXISTENT.exec(message) ?? [];
  if (unknown !== undefined)
    return didYouMean(
      unknown.split(', ').flatMap((flag) =>
        nearest(
          flag,
          [...Object.keys(flags), ...SHARED_FLAGS].map((name) => `--${name}`),
        ),
      ),
    );
  const [, given, options] = NOT_AN_OPTION.exec(message) ?? [];
  if (given !== undefined && options !== undefined) return didYouMean(nearest(given, options.split(', ')));
  const [, lacking] = LACKS_VALUE.exec(message) ?? [];
  const value = lacking === undefined ? undefined : exampleOf(lacking, command);
  return value === undefined ? undefined : `for example --${lacking} ${value}`;
}

/**
 * A hint for a command line that calls no command: the command whose words come nearest.
 *
 * @param known words of all commands, such as `senate pause`
 */
export function nearestCommand(argv: readonly string[], known: readonly string[]): string | undefined {
  const end = argv.findIndex((word) => word.startsWith('-'));
  const words = end === -1 ? argv : argv.slice(0, end);
  const longest = Math.max(...known.map((command) => command.split(' ').length));
  for (let count = Math.min(words.length, longest); count > 0; count--) {
    const ofThatLength = known.filter((command) => command.split(' ').length === count);
    const [found] = nearest(words.slice(0, count).join(' '), ofThatLength);
    if (found !== undefined) return found;
  }
  return undefined;
}

function nearest(given: string, known: readonly string[]): string[] {
  return nearLabels(given, known, 1);
}

function didYouMean(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `did you mean ${names.join(', ')}?`;
}

/** From an example of the command where one has the flag, else what its help shows. */
function exampleOf(flag: string, { baseFlags, examples, flags }: Called): string | undefined {
  for (const example of examples) {
    const text = typeof example === 'string' ? example : example.command;
    const [, value] = new RegExp(`--${flag}[ =]("[^"]*"|\\S+)`).exec(text) ?? [];
    if (value !== undefined) return value;
  }
  const definition = { ...baseFlags, ...flags }[flag];
  if (definition?.type !== 'option') return undefined;
  return definition.options?.[0] ?? definition.helpValue?.toString();
}
