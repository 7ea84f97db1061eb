import { Errors } from '@oclif/core';
import { CommandFailure, EXIT, isRefusal } from './failure.ts';
import { withCommandName } from './command-name.ts';

// oclif's parser writes itself around the message of whatever a flag's parse throws.
const PARSER_WRAP = /^Parsing (--[\w-]+) \n\t([\s\S]*)\nSee more help with --help$/;
// Words that call nothing, which it writes with colons between them.
const NO_COMMAND = /^command (\S+) not found$/;
const PARSER_TAIL = /\n?See more help with --help$/;

/**
 * Any error as what the person at the keyboard is told.
 *
 * @param hint for a message of oclif's parser, what helps with it
 */
export function toFailure(
  error: unknown,
  hint: (message: string) => string | undefined = () => undefined,
): CommandFailure {
  if (!(error instanceof Error)) return new CommandFailure('internal_error', String(error));
  const message = withCommandName(error.message)
    .replace(PARSER_WRAP, '$1: $2')
    .replace(PARSER_TAIL, '')
    .replace(NO_COMMAND, (_, words: string) => `there is no command ${words.replaceAll(':', ' ')}`);
  if (error instanceof CommandFailure)
    return new CommandFailure(error.code, message, { cause: error.cause, exitCode: error.exitCode });
  // What oclif itself finds wrong is always the command line.
  if (error instanceof Errors.CLIError)
    return new CommandFailure(
      'wrong_usage',
      [message, hint(error.message), 'See --help'].filter((line) => line !== undefined).join('\n'),
      { cause: error, exitCode: EXIT.usage },
    );
  // A refusal of pause-core or task-queue, under --direct: told as the API would.
  if (isRefusal(error)) return new CommandFailure(error.code, message, { cause: error });
  return new CommandFailure('internal_error', error.stack ?? error.message, { cause: error });
}
