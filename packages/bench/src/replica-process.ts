// A process that holds a replica and tells its parent, when asked, how much memory it takes. Run with --expose-gc.
import { makePool } from '@orchestra/database';
import { createDatabaseReplica } from '@orchestra/pause-core';

const url = process.env['DATABASE_URL'];
if (url === undefined || globalThis.gc === undefined) throw new Error('DATABASE_URL and --expose-gc are needed');
const collect: () => unknown = globalThis.gc;
const pool = makePool({ connectionString: url, applicationName: 'bench replica', max: 1 });
const replica = createDatabaseReplica({ pool, listenConnectionString: url });
await replica.start();
process.on('message', () => {
  collect();
  process.send?.({ heapMb: process.memoryUsage().heapUsed / 2 ** 20, pauses: replica.pauses().length });
});
process.on('disconnect', () => {
  void replica.stop().then(() => pool.end());
});
process.send?.({ ready: true });
