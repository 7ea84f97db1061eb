import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Endpoint } from '../address/address.ts';
import type { TlsSettings } from '../address/tls-settings.ts';
import { readFirstAnswer } from './first-answer.ts';
import { openTransport, waysTo, type Encryption } from './open-transport.ts';
import { TransportError } from './transport-error.ts';

// A server refuses a connection for how it is encrypted with one of these: no line of pg_hba.conf for it, or a pooler
// that wants TLS.
const REFUSED_FOR_ENCRYPTION = /^(28000|08P01)$/;

/** Which server to connect to. */
export interface ServerChoice {
  choose(): Promise<Endpoint>;
  /** The last one chosen is not the right one. Answers whether there may be another. */
  forget(): boolean;
}

/**
 * The stream that a `pg` client speaks through. `pg` knows only "TLS" and "no TLS"; this connects as the address says:
 * to the server that was chosen from its list, and encrypted with the meaning that psql gives `sslmode`. Where the
 * server's first word is that it does not take a connection of this kind, the next kind that the mode allows is tried.
 */
export class ServerStream extends Duplex {
  readonly #servers: ServerChoice;
  readonly #tls: TlsSettings;
  #socket: Socket | undefined;
  /** Ways that are left, should the one under way be refused. */
  #ways: readonly Encryption[] = [];
  #endpoint: Endpoint | undefined;
  /** What the client has sent before the server's first answer: sent again where another way is tried. */
  #sent: Buffer[] | undefined = [];
  #received = Buffer.alloc(0);
  #keepAlive: [boolean, number] | undefined;

  constructor(servers: ServerChoice, settings: TlsSettings) {
    super();
    this.#servers = servers;
    this.#tls = settings;
  }

  /** Called by `pg`, with the host that it was given for messages. */
  connect(): this {
    void this.#begin().then(
      () => this.emit('connect'),
      (error: Error) => this.destroy(error),
    );
    return this;
  }

  /** True until there is a connection. */
  get pending(): boolean {
    return this.#socket?.pending ?? true;
  }

  setNoDelay(): this {
    return this;
  } // sockets are opened so

  setKeepAlive(enable = false, delayMs = 0): this {
    this.#keepAlive = [enable, delayMs];
    this.#socket?.setKeepAlive(enable, delayMs);
    return this;
  }

  ref(): this {
    this.#socket?.ref();
    return this;
  }
  unref(): this {
    this.#socket?.unref();
    return this;
  }

  /** For channel binding. */
  getPeerCertificate(): unknown {
    return this.#socket instanceof TLSSocket ? this.#socket.getPeerCertificate() : undefined;
  }

  override _read(): void {
    this.#socket?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#sent?.push(chunk);
    if (this.#socket === undefined) done(new Error('Connection terminated'));
    else this.#socket.write(chunk, (error) => done(error));
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#socket === undefined) done();
    else this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // Gone before the server had said yes: another one of the list may be the right one.
    if (this.#sent !== undefined) this.#servers.forget();
    this.#socket?.destroy();
    done(error);
  }

  async #begin(): Promise<void> {
    try {
      await this.#openTo(await this.#servers.choose());
    } catch (error) {
      if (error instanceof TransportError || !this.#servers.forget()) throw error;
      await this.#openTo(await this.#servers.choose()); // the list is looked through once more
    }
  }

  async #openTo(endpoint: Endpoint): Promise<void> {
    this.#endpoint = endpoint;
    this.#ways = waysTo(endpoint, this.#tls);
    await this.#openNext();
  }

  async #openNext(): Promise<Socket> {
    const [way = 'plain', ...left] = this.#ways;
    this.#ways = left;
    const endpoint = this.#endpoint;
    if (endpoint === undefined || this.destroyed) throw new Error('Connection terminated');
    let socket: Socket;
    try {
      socket = await openTransport(endpoint, way, this.#tls, (opened) => {
        this.#socket = opened;
        opened.on('error', () => {});
      });
    } catch (error) {
      // "prefer": what goes wrong with TLS does not matter; a server that is not there does.
      const again =
        way === 'opportunistic' &&
        error instanceof Error &&
        'code' in error &&
        /^(ERR_)?(SSL|TLS)|_CERT_|^EPROTO$/.test(String(error.code));
      if (!again) throw error;
      return this.#openNext();
    }
    if (this.#keepAlive !== undefined) socket.setKeepAlive(...this.#keepAlive);
    socket.on('data', (bytes: Buffer) => this.#arrived(socket, bytes));
    socket.on('error', (error) => {
      if (socket === this.#socket) this.destroy(error);
    });
    socket.on('end', () => {
      if (socket === this.#socket) this.push(null);
    });
    socket.on('close', () => {
      if (socket === this.#socket) this.destroy();
    });
    if (this.destroyed) socket.destroy();
    else socket.resume();
    return socket;
  }

  #arrived(socket: Socket, bytes: Buffer): void {
    if (socket !== this.#socket) return;
    if (this.#sent === undefined) {
      this.#pass(socket, bytes);
      return;
    }
    this.#received = Buffer.concat([this.#received, bytes]);
    const answer = readFirstAnswer(this.#received);
    if (answer.kind === 'incomplete') return;
    if (answer.kind === 'not_postgres') {
      this.destroy(new TransportError('not_postgres', 'what answers there is not PostgreSQL'));
      return;
    }
    if (answer.kind === 'refused' && this.#ways.length > 0 && REFUSED_FOR_ENCRYPTION.test(answer.state)) {
      const refusal = this.#received;
      this.#received = Buffer.alloc(0);
      void this.#again(socket, refusal);
      return;
    }
    this.#sent = undefined;
    this.#pass(socket, this.#received);
  }

  /** The next way, from the first byte; where that one cannot even begin, the refusal is what the client hears. */
  async #again(refused: Socket, refusal: Buffer): Promise<void> {
    this.#socket = undefined;
    refused.destroy();
    try {
      const next = await this.#openNext();
      for (const chunk of this.#sent ?? []) next.write(chunk);
    } catch {
      this.#sent = undefined;
      this.push(refusal);
      this.push(null);
    }
  }

  #pass(socket: Socket, bytes: Buffer): void {
    if (!this.push(bytes)) socket.pause();
  }
}
