import { once } from 'node:events';
import { makePool } from '@orchestra/database';
import { createDatabaseReplica } from '../../src/replica/index.ts';

// A process with a replica that stops when a line comes in, and then has to end by itself: nothing here calls exit.
const [readUrl = '', listenUrl = ''] = process.argv.slice(2);
const pool = makePool({ connectionString: readUrl, applicationName: 'replica process' });
const replica = createDatabaseReplica({ pool, listenConnectionString: listenUrl, applicationName: 'replica process' });
replica.on('state', ({ to }) => console.log(to));
await replica.start();
if (replica.state === 'starting') console.log(replica.state);
await once(process.stdin, 'data');
process.stdin.destroy();
await Promise.all([replica.stop(), pool.end()]);
