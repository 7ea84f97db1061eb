/** Why work over a repository came to nothing. Only the timings may be another way next time. */
export const FLEET_ERROR_CODES = [
  /** The task asks for something that no run of it can do. */
  'bad_payload',
  'not_a_repository',
  'git_missing',
  'git_failed',
  'git_timed_out',
  'git_output_too_large',
] as const;

export type FleetErrorCode = (typeof FLEET_ERROR_CODES)[number];

export class FleetError extends Error {
  override readonly name = 'FleetError';
  readonly code: FleetErrorCode;

  constructor(code: FleetErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
