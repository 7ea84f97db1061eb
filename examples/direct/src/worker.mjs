// Greets. Needs DATABASE_URL and nothing else.
import { setTimeout as wait } from 'node:timers/promises';
import { createWorker } from '@orchestra-brake/worker';

const worker = createWorker({
  databaseUrl: process.env.DATABASE_URL,
  handlers: {
    greet: async (task, context) => {
      // Stops between two names while the task is paused, and goes on behind the last one in the next run.
      for await (const name of context.iterate(task.payload.names)) {
        console.log(`${task.agent_id} greets ${name}`);
        await wait(task.payload.wait_ms ?? 500, undefined, { signal: context.signal });
      }
      return { greeted: task.payload.names.length };
    },
  },
});
worker.on('stopped-at-checkpoint', ({ task, reason }) => console.log(`task ${task.id} stops: ${reason}`));
worker.on('finished', ({ task, result }) => console.log(`task ${task.id} is done: ${JSON.stringify(result)}`));

await worker.start();
console.log('ready');
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void worker.stop());
