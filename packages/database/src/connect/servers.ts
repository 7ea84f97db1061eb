import pg from 'pg';
import { describeAddress, type Address, type Endpoint } from '../address/address.ts';
import { isDatabaseUnavailable, sqlState } from '../errors.ts';
import { ServerStream, type ServerChoice } from './server-stream.ts';
import { TransportError } from './transport-error.ts';

/** What one connection found its server to be. */
export interface ServerState {
  isStandby: boolean;
  isReadOnly: boolean;
}

export const SERVER_STATE =
  "pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'on' as read_only";

/**
 * Chooses from an address's list the server to connect to, and remembers it for as long as it is the right one. An
 * address that names one server, and any kind of it, is never asked beforehand.
 */
export class Servers implements ServerChoice {
  readonly #address: Address;
  readonly #timeoutMs: number;
  #chosen: Endpoint | undefined;
  #choosing: Promise<Endpoint> | undefined;

  constructor(address: Address, timeoutMs: number) {
    this.#address = address;
    this.#timeoutMs = timeoutMs;
    if (address.endpoints.length === 1) [this.#chosen] = address.endpoints;
  }

  /** @throws TransportError `no_server` with what each of them said; or a server's refusal of this user */
  async choose(): Promise<Endpoint> {
    if (this.#chosen !== undefined) return this.#chosen;
    this.#choosing ??= this.#lookThrough().finally(() => {
      this.#choosing = undefined;
    });
    return this.#choosing;
  }

  /** True for a server of the kind that the address asks for. */
  fits({ isStandby, isReadOnly }: ServerState): boolean {
    switch (this.#address.sessionAttributes) {
      case 'read-write':
        return !isReadOnly && !isStandby;
      case 'read-only':
        return isReadOnly || isStandby;
      case 'primary':
        return !isStandby;
      case 'standby':
        return isStandby;
      default:
        return true;
    }
  }

  /** Looks through the list again before the next connection; false where there is no list. */
  forget(): boolean {
    if (this.#address.endpoints.length === 1) return false;
    this.#chosen = undefined;
    return true;
  }

  async #lookThrough(): Promise<Endpoint> {
    const said: string[] = [];
    const causes: Error[] = [];
    let second: Endpoint | undefined;
    for (const endpoint of this.#address.endpoints) {
      const at = `${endpoint.host}:${endpoint.port}`;
      try {
        const state = await this.#ask(endpoint);
        if (this.#address.sessionAttributes === 'prefer-standby' && !state.isStandby) second ??= endpoint;
        else if (this.fits(state)) return (this.#chosen = endpoint);
        said.push(`${at} is ${state.isStandby ? 'a standby' : state.isReadOnly ? 'read-only' : 'a primary'}`);
      } catch (error) {
        // A refusal of this user is the answer; another server would only hide it.
        if (!(error instanceof Error) || (sqlState(error) !== undefined && !isDatabaseUnavailable(error))) throw error;
        causes.push(error);
        said.push(`${at}: ${error instanceof AggregateError ? String(error.errors[0]?.message) : error.message}`);
      }
    }
    if (second !== undefined) return (this.#chosen = second);
    throw new TransportError(
      'no_server',
      `of the servers of ${describeAddress(this.#address)} none is ` +
        `${this.#address.sessionAttributes === 'any' ? 'there' : this.#address.sessionAttributes}: ` +
        `${said.join('; ')}`,
      { cause: causes[0] },
    );
  }

  async #ask(endpoint: Endpoint): Promise<ServerState> {
    const { user, database, password, tls } = this.#address;
    const client = new pg.Client({
      user,
      database,
      password,
      ssl: false,
      application_name: 'orchestra chooses a server',
      connectionTimeoutMillis: this.#timeoutMs,
      query_timeout: this.#timeoutMs,
      stream: () => new ServerStream({ choose: async () => endpoint, forget: () => false }, tls),
    });
    client.on('error', () => {}); // the statement under way reports it
    try {
      await client.connect();
      if (this.#address.sessionAttributes === 'any') return { isStandby: false, isReadOnly: false };
      const {
        rows: [row],
      } = await client.query<{ standby: boolean; read_only: boolean }>(`select ${SERVER_STATE}`);
      return { isStandby: row?.standby ?? false, isReadOnly: row?.read_only ?? false };
    } finally {
      await client.end().catch(() => {}); // never connected, or already gone
    }
  }
}
