import { commandPatterns, flagPatterns, labelPatterns } from './case-patterns.ts';
import type { KnownCommand, KnownFlag } from './known-commands.ts';

/** For `source <(orchestra completion bash)`; of bash 3.2 and later. */
export function bashCompletion(commands: readonly KnownCommand[]): string {
  return `# Completion of orchestra for bash: source <(orchestra completion bash)
# Labels that are at work or in the queue. Asks the services, and is silent where none answers.
_orchestra_labels() {
  local label
  while IFS= read -r label; do
    [[ "$label" == "$2"* ]] && COMPREPLY+=("$(printf '%q' "$label")")
  done < <(orchestra completion labels "$1" 2>/dev/null)
}
_orchestra() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at="" after=0 word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$word" in
      --) return ;;
      -*) continue ;;
    esac
    case "\${at:+$at }$word" in
      ${commandPatterns(commands)}) at="\${at:+$at }$word" ;;
      *) after=1; break ;;
    esac
  done
  case "$at|$prev" in
${commands.flatMap((command) => command.flags.filter(({ takes }) => takes !== 'nothing').map((flag) => `    ${flagPatterns(command, flag)}) ${values(flag)} ;;`)).join('\n')}
  esac
  case "$at|$prev" in
    ${labelPatterns(commands)}) [[ "$cur" == -* ]] || { _orchestra_labels "$prev" "$cur"; return; } ;;
  esac
  case "$cur|$at" in
${commands.map((command) => `    "-"*"|${command.words.join(' ')}") COMPREPLY=($(compgen -W ` + `"${command.flags.map(({ name }) => `--${name}`).join(' ')}" -- "$cur")) ;;`).join('\n')}
${commands
  .filter((command) => offered(command).length > 0)
  .map(
    (command) =>
      `    *"|${command.words.join(' ')}") [[ $after == 1 ]] || COMPREPLY=($(compgen -W ` +
      `"${offered(command).join(' ')}" -- "$cur")) ;;`,
  )
  .join('\n')}
  esac
}
complete -o default -F _orchestra orchestra
`;
}

function values({ takes, values: only, labels }: KnownFlag): string {
  if (labels !== undefined) return `_orchestra_labels ${labels} "$cur"; return`;
  if (takes === 'file') return 'COMPREPLY=($(compgen -f -- "$cur")); return';
  return only.length === 0 ? 'return' : `COMPREPLY=($(compgen -W "${only.join(' ')}" -- "$cur")); return`;
}

function offered({ next, firstArgument }: KnownCommand): string[] {
  return [...next.map(({ word }) => word), ...firstArgument];
}
