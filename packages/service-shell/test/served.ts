import { connect } from 'node:net';
import { createToken } from '@orchestra/pause-core';
import type { Role } from '@orchestra/pause-core/contract';
import type { Database } from '@orchestra/database';
import { listen, makeApp, makeLogger, makeMetrics, type AppOptions, type Listening } from '../src/index.ts';

/** The shell around some routes, on a free port. */
export function serveApp(options: Partial<AppOptions> & Pick<AppOptions, 'db' | 'routes'>): Promise<Listening> {
  const app = makeApp({
    log: makeLogger({ service: 'test', level: 'silent' }),
    metrics: makeMetrics('test'),
    ...options,
  });
  return listen(app, { host: '127.0.0.1', port: 0, portSetting: 'TEST_PORT' });
}

let made = 0;

/** An `Authorization` header of a new token with this role. */
export async function bearer(db: Database, role: Role = 'admin'): Promise<{ authorization: string }> {
  return { authorization: `Bearer ${await createToken(db, { name: `${role}-${++made}`, role, by: 'test' })}` };
}

/** Sends bytes that no HTTP library would send, and answers what comes back until the connection closes. */
export function sendRaw(url: string, text: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let answer = '';
    socket
      .setEncoding('utf8')
      .on('data', (chunk: string) => {
        answer += chunk;
      })
      .on('error', reject)
      .on('close', () => resolve(answer));
  });
}
