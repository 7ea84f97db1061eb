import { commandPatterns, flagPatterns, labelPatterns } from './case-patterns.ts';
import type { KnownCommand, KnownFlag } from './known-commands.ts';

/** For `source <(orchestra completion zsh)`, or as a file `_orchestra` in a folder of `$fpath`. */
export function zshCompletion(commands: readonly KnownCommand[]): string {
  // In zsh \`path\` is PATH itself, so the words so far are called \`at\`.
  return `#compdef orchestra
# Completion of orchestra for zsh: source <(orchestra completion zsh)
# Labels that are at work or in the queue. Asks the services, and is silent where none answers.
_orchestra_labels() {
  local -a labels
  labels=("\${(@f)$(orchestra completion labels $1 2>/dev/null)}")
  [[ -n "\${labels[1]}" ]] && compadd -- "\${labels[@]}"
}
_orchestra() {
  local cur="\${words[CURRENT]}" prev="\${words[CURRENT-1]}" at="" after=0 word
  local -i i
  local -a offers
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    case "$word" in
      --) _files; return ;;
      -*) continue ;;
    esac
    case "\${at:+$at }$word" in
      ${commandPatterns(commands)}) at="\${at:+$at }$word" ;;
      *) after=1; break ;;
    esac
  done
  case "$at|$prev" in
${commands.flatMap((command) => command.flags.filter(({ takes }) => takes !== 'nothing').map((flag) => `    ${flagPatterns(command, flag)}) ${values(flag)}; return ;;`)).join('\n')}
  esac
  case "$at|$prev" in
    ${labelPatterns(commands)}) [[ "$cur" == -* ]] || { _orchestra_labels "$prev"; return; } ;;
  esac
  if [[ "$cur" == -* ]]; then
    case "$at" in
${commands.map((command) => `      "${command.words.join(' ')}") ` + `offers=(${command.flags.map((flag) => described(`--${flag.name}`, flag.summary)).join(' ')}) ;;`).join('\n')}
    esac
    _describe -o 'flag' offers
    return
  fi
  [[ $after == 1 ]] && return
  case "$at" in
${commands
  .filter(({ next, firstArgument }) => next.length + firstArgument.length > 0)
  .map(
    ({ words, next, firstArgument }) =>
      `    "${words.join(' ')}") ` +
      `offers=(${[...next.map(({ word, summary }) => described(word, summary)), ...firstArgument.map((word) => described(word, ''))].join(' ')}) ;;`,
  )
  .join('\n')}
  esac
  _describe 'command' offers
}
if [[ "\${funcstack[1]}" == _orchestra ]]; then _orchestra "$@"; else compdef _orchestra orchestra; fi
`;
}

function values({ takes, values: only, labels }: KnownFlag): string {
  if (labels !== undefined) return `_orchestra_labels ${labels}`;
  if (takes === 'file') return '_files';
  return only.length === 0 ? ':' : `compadd -- ${only.join(' ')}`;
}

/** `'word:what it does'`, quoted for zsh. */
function described(word: string, summary: string): string {
  const text = summary === '' ? word : `${word}:${summary.split('\n', 1)[0]}`;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
