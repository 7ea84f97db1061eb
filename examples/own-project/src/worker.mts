// A worker in TypeScript. Run it with Node.js 24: node worker.mts
import { setTimeout as delay } from 'node:timers/promises';
import { createWorker, TaskFailure } from '@orchestra-brake/worker';

const worker = createWorker({
  handlers: {
    measure: async (task, context) => {
      const texts: unknown = task.payload['texts'];
      if (!Array.isArray(texts)) throw new TaskFailure('the payload must be {"texts": ["…"]}', { retry: false });
      const { lengths } = (context.cursor ?? { lengths: [] }) as { lengths: number[] };
      // Before each text it looks whether the task is paused. Then it goes back to the queue, and goes on here in the
      // next run.
      for await (const text of context.iterate(texts.map(String))) {
        await delay(200, undefined, { signal: context.signal }); // stands for the call of a model
        lengths.push(text.length);
        context.saveCursor({ lengths });
      }
      return { lengths };
    },
  },
});
worker
  .on('finished', ({ task }) => console.log(`task ${task.id}: done`))
  .on('failed', ({ task, error }) => console.log(`task ${task.id}: failed: ${error}`))
  .on('stopped-at-checkpoint', ({ task, reason }) => console.log(`task ${task.id}: ${reason}`));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void worker.stop());
await worker.start();
