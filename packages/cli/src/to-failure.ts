import { Errors } from '@oclif/core';
import { CommandFailure, EXIT } from './failure.ts';

const COMMAND_NOT_FOUND = 127;

/** Any error as what the person at the keyboard is told. */
export function toFailure(error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error;
  if (!(error instanceof Error)) return new CommandFailure('internal_error', String(error));
  if (error instanceof Errors.CLIError) {
    const text = error.message.replace(/\n?See more help with --help$/, '');
    if (error.oclif.exit === COMMAND_NOT_FOUND) return new CommandFailure('wrong_usage', `${text}; \`orchestra help\` lists the commands`, { exitCode: EXIT.usage });
    return new CommandFailure('wrong_usage', `${text}\nSee --help`, { cause: error, exitCode: error.oclif.exit === EXIT.failed ? EXIT.failed : EXIT.usage });
  }
  return new CommandFailure('internal_error', error.stack ?? error.message, { cause: error });
}
