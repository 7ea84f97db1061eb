/** Why no connection to a server came about, beyond what the operating system says. */
export type TransportFailure = 'no_tls' | 'not_postgres' | 'no_server';

/**
 * The server was reached, but not in the way that the address asks for; or none of a list was the one that is wanted.
 */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly failure: TransportFailure;

  constructor(failure: TransportFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}
