// A direct worker as a process of its own, that is in the middle of its work for ever.
import { createWorker } from '../../src/index.ts';

const worker = createWorker({
  databaseUrl: process.env['DATABASE_URL'],
  handlers: {
    [process.env['SKILL'] ?? '']: async () => {
      process.stdout.write('begun\n');
      await new Promise(() => {});
    },
  },
});
await worker.start();
