import { createServer } from 'node:net';

// Below what systems hand out for outgoing connections: while a service is down, one of those must not take its port.
const LOWEST = 20_000;
const HIGHEST = 30_000;
const TRIES = 50;

/** A port of this machine that is free now and is not taken by chance later. */
export async function quietPort(): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port found between ${LOWEST} and ${HIGHEST}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
