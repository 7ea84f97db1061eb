/** What a call with an `Idempotency-Key` can be refused for. */
export const IDEMPOTENCY_CODES = ['idempotency_key_reused', 'idempotency_key_in_use'] as const;

/** Everything that a command of this package refuses, each with its next step in the message. */
export const PAUSE_ERROR_CODES = [
  'pause_not_found',
  'pause_not_active',
  'pause_probes',
  'nothing_to_release',
  'release_too_fast',
  'alert_not_found',
  'notice_target_not_found',
  'token_name_taken',
  'token_not_found',
  ...IDEMPOTENCY_CODES,
] as const;

export type PauseErrorCode = (typeof PAUSE_ERROR_CODES)[number];

export class PauseError extends Error {
  override readonly name = 'PauseError';
  readonly code: PauseErrorCode;

  constructor(code: PauseErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
