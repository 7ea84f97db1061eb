import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * A TCP proxy in front of a server that can fail in the ways networks do.
 * `pass` forwards; `refuse` turns new connections away; `blackhole` accepts and forwards nothing more, in either
 * direction, on old and new connections (a half-open peer).
 */
export class FaultProxy {
  readonly #server: Server;
  readonly #target: URL;
  readonly #open = new Set<Socket>();
  #mode: 'pass' | 'refuse' | 'blackhole' = 'pass';

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((incoming) => this.#forward(incoming));
  }

  /** @param targetUrl a connection string or an http address */
  static async before(targetUrl: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(new URL(targetUrl));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** The target's address, by way of this proxy. */
  get url(): string {
    const through = new URL(this.#target.href);
    through.hostname = '127.0.0.1';
    through.port = String((this.#server.address() as AddressInfo).port);
    return through.href;
  }

  pass(): void {
    this.#mode = 'pass';
    for (const socket of this.#open) socket.resume();
  }
  refuse(): void {
    this.#mode = 'refuse';
    this.cut();
  }
  blackhole(): void {
    this.#mode = 'blackhole';
    for (const socket of this.#open) socket.pause();
  }

  /** Ends every open connection at once. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #forward(incoming: Socket): void {
    if (this.#mode === 'refuse') {
      incoming.destroy();
      return;
    }
    const outgoing = connect(Number(this.#target.port || 80), this.#target.hostname);
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      this.#open.add(from);
      from.on('data', (bytes) => to.write(bytes));
      from.on('error', () => {}); // followed by 'close'
      from.on('close', () => {
        this.#open.delete(from);
        to.destroy();
      });
      if (this.#mode === 'blackhole') from.pause();
    }
  }
}
