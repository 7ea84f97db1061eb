/** Everything that keeps a local PostgreSQL from starting, each with its next step in the message. */
export const LOCAL_POSTGRES_ERROR_CODES = [
  'folder_in_use',
  'no_binaries',
  'cannot_run_binaries',
  'no_system_user',
  'data_not_reachable',
  'data_of_another_user',
  'password_lost',
  'port_taken',
  'did_not_start',
  'stopped_while_starting',
] as const;

export type LocalPostgresErrorCode = (typeof LOCAL_POSTGRES_ERROR_CODES)[number];

export class LocalPostgresError extends Error {
  override readonly name = 'LocalPostgresError';
  readonly code: LocalPostgresErrorCode;

  constructor(code: LocalPostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
