/**
 * What runs on the host around the command, as the script of a `sh -c` whose words are the grace in seconds, a mark,
 * and the command. One line, because a line break is no safe part of a word for every login shell.
 *
 * It reads one line of data, prints the mark on stdout and stderr, and runs the command with that line as its stdin.
 * What follows the mark is known to be of the command, and where no mark comes, nothing of it has run: a shut account
 * ends with exit code 1 as well. Then it waits for the command, and beside it for the end of its own stdin: that comes
 * when the connection is gone, be it that the runner has ended it, was killed, or lost the network. sshd would leave
 * the command running then; here its process group is ended (TERM, then KILL). A host without `setsid` ends the command
 * alone.
 */
export const HOST_SCRIPT = [
  'grace=$1; mark=$2; shift 2',
  'IFS= read -r data || exit 255',
  'printf "%s\\n" "$mark"; printf "%s\\n" "$mark" >&2',
  'exec 3<&0',
  'group=; if command -v setsid >/dev/null 2>&1; then group=setsid; fi',
  'printf "%s\\n" "$data" | $group "$@" 3<&- & pid=$!',
  'if [ -n "$group" ]; then group=-$pid; else group=$pid; fi',
  '(while read -r _; do :; done; kill -s TERM -- "$group"; sleep "$grace"; kill -s KILL -- "$group") ' +
    '<&3 >/dev/null 2>&1 & watch=$!',
  'exec 3<&-',
  'wait "$pid"; code=$?',
  'kill -s KILL "$watch" 2>/dev/null',
  'if [ "$group" != "$pid" ]; then kill -s KILL -- "$group" 2>/dev/null; fi',
  'exit "$code"',
].join('; ');
