/** Everything that this package refuses, each with its next step in the message. */
export const ATTACH_ERROR_CODES = [
  /** The database has no tables of Orchestra. */
  'not_migrated',
  /** The queue is not there, or is not of the form that was described. */
  'queue_not_understood',
  /** What was said of the queue cannot be read. */
  'description_not_understood',
  'rights_missing',
  /** The other database cannot hold copies: a standby, or Orchestra's own. */
  'database_unsuitable',
  'already_attached',
  'not_attached',
  'job_not_found',
  /** Somebody held a lock on the queue for too long. */
  'queue_busy',
] as const;

export type AttachErrorCode = (typeof ATTACH_ERROR_CODES)[number];

export class AttachError extends Error {
  override readonly name = 'AttachError';
  readonly code: AttachErrorCode;

  constructor(code: AttachErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
