import { connect, type Socket } from 'node:net';

/** Asks for the event stream and never reads a byte of it. */
export function neverReads(url: string, token: string): Promise<Socket> {
  const { port, hostname } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => resolve(socket));
    socket.on('error', () => {});
    socket.write(`GET /api/senate/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n\r\n`);
    socket.pause();
  });
}
