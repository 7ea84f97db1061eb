import type { Command } from '@oclif/core';
import { KINDS } from '../flags/scope.ts';

export type LabelKind = (typeof KINDS)[number];

/** A flag as a shell has to know it. */
export interface KnownFlag {
  name: string;
  char: string | undefined;
  summary: string;
  takes: 'nothing' | 'text' | 'file';
  /** The only values that it takes; empty: any. */
  values: readonly string[];
  /** It takes a label of this kind: those that there are can be suggested. */
  labels?: LabelKind | undefined;
}

/** A command, or the first words of several. */
export interface KnownCommand {
  words: readonly string[];
  summary: string;
  flags: readonly KnownFlag[];
  /** What its first argument may be; empty: anything. */
  firstArgument: readonly string[];
  /** Its first argument may be a kind of label, and the second one of that kind. */
  takesLabel: boolean;
  /** Words that may follow these. */
  next: readonly { word: string; summary: string }[];
}

const SHARED: KnownFlag[] = [
  { name: 'json', char: undefined, summary: 'print JSON', takes: 'nothing', values: [] },
  { name: 'help', char: undefined, summary: 'say how to use it', takes: 'nothing', values: [] },
];
const TAKE_A_FILE = new Set(['from', 'file', 'token-file', 'folder', 'runner-config']);

/** Every command and every beginning of one, in the order of their words. */
export function knownCommands(commands: Readonly<Record<string, Command.Class>>): KnownCommand[] {
  const all = new Map<string, KnownCommand>();
  const ids = Object.keys(commands).filter((id) => commands[id]?.hidden !== true);
  for (const beginning of new Set([
    '',
    ...ids.flatMap((id) => id.split(':').map((_word, last, words) => words.slice(0, last + 1).join(':'))),
  ])) {
    const command = commands[beginning];
    const flags = Object.entries({ ...command?.baseFlags, ...command?.flags }).filter(
      ([, flag]) => flag.hidden !== true,
    );
    const arguments_ = Object.entries(command?.args ?? {});
    const firstArgument = arguments_[0]?.[1];
    all.set(beginning, {
      words: beginning === '' ? [] : beginning.split(':'),
      summary: command?.summary ?? '',
      flags: [
        ...flags.map(([name, flag]): KnownFlag => ({
          name,
          char: flag.char,
          summary: flag.description ?? '',
          takes: flag.type === 'boolean' ? 'nothing' : TAKE_A_FILE.has(name) ? 'file' : 'text',
          values: flag.type === 'option' && Array.isArray(flag.options) ? flag.options.map(String) : [],
          labels: flag.type === 'option' && flag.multiple !== true ? KINDS.find((kind) => kind === name) : undefined,
        })),
        ...SHARED,
      ],
      firstArgument: firstArgument?.options ?? [],
      takesLabel:
        arguments_.length > 1 &&
        (arguments_[0]?.[0] === 'kind' || arguments_[0]?.[0] === 'pause') &&
        arguments_[1]?.[0] === 'value',
      next: [
        ...new Set(
          ids
            .filter((id) => id.startsWith(beginning === '' ? '' : `${beginning}:`))
            .map((id) => id.split(':')[beginning === '' ? 0 : beginning.split(':').length] ?? ''),
        ),
      ].map((word) => ({ word, summary: commands[beginning === '' ? word : `${beginning}:${word}`]?.summary ?? '' })),
    });
  }
  return [...all.values()].toSorted((a, b) => (a.words.join(' ') < b.words.join(' ') ? -1 : 1));
}
