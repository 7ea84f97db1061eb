/**
 * What a command ends with. `paused`: `check` on something that is paused. `notQuiet`: `pause --wait` whose time was
 * over before the last run had ended. `violated`: `pauses --verify` found something that started while it was paused;
 * `unjudged`: it found nothing, but cannot judge every claim.
 * `interrupted`: Ctrl-C, where there was still something to wait for.
 */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  paused: 3,
  notQuiet: 4,
  violated: 5,
  unjudged: 6,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A command could not do what it was asked; the message says what to do next. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  /** For programs: a code of the HTTP contract, or one of the few that only the command line knows. */
  readonly code: string;
  readonly exitCode: ExitCode;

  constructor(code: string, message: string, options: ErrorOptions & { exitCode?: ExitCode } = {}) {
    const { exitCode, ...rest } = options;
    super(message, rest);
    this.code = code;
    this.exitCode = exitCode ?? EXIT.failed;
  }
}

/** The command was invalid usage. */
export function wrongUsage(message: string, options?: ErrorOptions): CommandFailure {
  return new CommandFailure('wrong_usage', message, { ...options, exitCode: EXIT.usage });
}

/**
 * A command of pause-core, task-queue or attach has refused: its code is the contract's, and its message has the next
 * step.
 */
export function isRefusal(error: unknown): error is Error & { code: string } {
  return (
    error instanceof Error &&
    (error.name === 'PauseError' ||
      error.name === 'TaskError' ||
      error.name === 'AttachError' ||
      error.name === 'OtherDatabaseError') &&
    'code' in error &&
    typeof error.code === 'string'
  );
}
