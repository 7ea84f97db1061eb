import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

const MOST = 500;
const AGAIN_MS = 20;

/**
 * Takes every connection that the server gives to others, and each one that becomes free, until `over`. Then gives all
 * of them back.
 */
export async function takeConnections(url: string, over: Promise<void>): Promise<void> {
  const taken: pg.Client[] = [];
  let ended = false;
  void over.finally(() => {
    ended = true;
  });
  try {
    while (!ended && taken.length < MOST) {
      const client = new pg.Client({
        connectionString: url,
        application_name: 'the crowd',
        connectionTimeoutMillis: 2_000,
      });
      client.on('error', () => {}); // ended by another fault: one more is free
      const got = await client.connect().then(
        () => true,
        () => false,
      );
      if (got) taken.push(client);
      else await delay(AGAIN_MS);
    }
    await over;
  } finally {
    await Promise.all(taken.map((client) => client.end().catch(() => {})));
  }
}
