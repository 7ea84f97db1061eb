/** What can go wrong between a replica and its source. Each heals by itself; none of them ends the process. */
export const REPLICA_ERROR_CODES = [
  /** The pauses were asked for and no answer came in time. */
  'read_timed_out',
  /** The listening connection broke, or could not be made. */
  'connection_lost',
  /** The listening connection looked open, but a ping through it did not come back. */
  'ping_unanswered',
] as const;

export type ReplicaErrorCode = (typeof REPLICA_ERROR_CODES)[number];

export class ReplicaError extends Error {
  override readonly name = 'ReplicaError';
  readonly code: ReplicaErrorCode;

  constructor(code: ReplicaErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
