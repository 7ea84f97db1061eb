/** Why the service could not be read, as far as the page has to tell the difference. */
export type ApiErrorCode =
  | 'token_refused' // 401: another token is needed
  | 'not_allowed' // 403: the token is known, its role may not do this
  | 'not_found' // 404: nothing has that id
  | 'unavailable' // the service answers, but not with what was asked
  | 'unreachable' // no answer at all
  | 'silent' // connected, and nothing heard for too long
  | 'ended' // the service closed the stream: a restart, or we read too slowly
  | 'malformed'; // one side does not understand the other: begin again with a snapshot

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ApiErrorCode;

  constructor(code: ApiErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
