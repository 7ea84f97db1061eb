import { KINDS } from '../flags/scope.ts';
import type { KnownCommand, KnownFlag } from './known-commands.ts';

/** For `orchestra completion fish | source`, or as `~/.config/fish/completions/orchestra.fish`. */
export function fishCompletion(commands: readonly KnownCommand[]): string {
  return `# Completion of orchestra for fish: orchestra completion fish | source
function __orchestra_at
  set -l known ${commands
    .filter(({ words }) => words.length > 0)
    .map(({ words }) => quoted(words.join(' ')))
    .join(' ')}
  set -l at
  set -l after
  for word in (commandline -opc)[2..-1]
    string match -q -- '-*' $word; and continue
    if contains -- (string join ' ' -- $at $word) $known
      set -a at $word
    else
      set after yes
      break
    end
  end
  test "$at" = "$argv[1]"; or return 1
  test "$argv[2]" != first; or test -z "$after"
end
complete -c orchestra -f
${commands.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ words, flags, next, firstArgument, takesLabel }: KnownCommand): string[] {
  const here = `__orchestra_at ${quoted(words.join(' ')).replaceAll("'", '"')}`;
  return [
    ...next.map(
      ({ word, summary }) =>
        `complete -c orchestra -n '${here} first' -a ${quoted(word)} -d ${quoted(summary.split('\n', 1)[0] ?? '')}`,
    ),
    ...firstArgument.map((word) => `complete -c orchestra -n '${here} first' -a ${quoted(word)}`),
    ...(takesLabel
      ? KINDS.map(
          (kind) =>
            `complete -c orchestra -n '${here}; and test (commandline -opc)[-1] = ${kind}' -a '(orchestra ` +
            `completion labels ${kind} 2>/dev/null)'`,
        )
      : []),
    ...flags.map(
      (flag) =>
        `complete -c orchestra -n '${here}' ${optionOf(flag)} -d ${quoted(flag.summary.split('\n', 1)[0] ?? '')}`,
    ),
  ];
}

function optionOf({ name, char, takes, values, labels }: KnownFlag): string {
  return [
    `-l ${name}`,
    ...(char === undefined ? [] : [`-s ${char}`]),
    ...(takes === 'nothing' ? [] : takes === 'file' ? ['-r -F'] : ['-x']),
    ...(labels === undefined ? [] : [`-a '(orchestra completion labels ${labels} 2>/dev/null)'`]),
    ...(values.length === 0 ? [] : [`-a ${quoted(values.join(' '))}`]),
  ].join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
