// A worker as a process of its own, for tests that kill it or stop it short. Tells its events as lines of JSON.
import { createWorker } from '../src/index.ts';

const {
  WORKER_NAME = 'fixture',
  WORKER_MODE = 'quick',
  WORKER_CONCURRENCY = '10',
  WORKER_PREFETCH = '0',
} = process.env;

const worker = createWorker({
  name: WORKER_NAME,
  concurrency: Number(WORKER_CONCURRENCY),
  prefetch: Number(WORKER_PREFETCH),
  handlers: {
    '*': async (task, { checkpoint }) => {
      // `die` takes its worker with it, as running out of memory does.
      if (WORKER_MODE === 'die') process.kill(process.pid, 'SIGKILL');
      // `hang` is in the middle of its work for ever; `loop` would stop at a checkpoint.
      if (WORKER_MODE === 'hang') await new Promise(() => {});
      for (let round = 0; WORKER_MODE === 'loop' && round < Infinity; round++) await checkpoint();
      return { by: WORKER_NAME, of: task.id };
    },
  },
});
for (const name of ['started', 'claimed', 'finished', 'run-lost', 'run-stopped', 'released', 'stopped'] as const) {
  worker.on(name, (told?: object) => {
    const task = told !== undefined && 'task' in told ? (told.task as { id: string }) : undefined;
    const why = told !== undefined && 'why' in told ? told.why : undefined;
    process.stdout.write(`${JSON.stringify({ event: name, task: task?.id, why })}\n`);
  });
}
// What keeps a process of a worker alive is its claim; while one hangs on purpose nothing else may end it.
process.once('SIGTERM', () => {
  void worker.stop({ drainMs: 0 }).then(() => process.exit(0));
});
await worker.start();
