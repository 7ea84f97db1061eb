import type { TaskErrorCode } from '@orchestra/pause-core/contract';

/** What a command on a task refuses. The message says what happened and what to do. */
export class TaskError extends Error {
  override readonly name = 'TaskError';
  readonly code: TaskErrorCode;

  constructor(code: TaskErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
