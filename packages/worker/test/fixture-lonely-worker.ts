// A worker in a process of its own, to which nobody listens unless LISTEN names an event. With CATCH it prints why it
// cannot start.
import { CannotWork, createWorker, type WorkerEvents } from '../src/index.ts';

const { LISTEN, CATCH } = process.env;
const worker = createWorker({ name: 'alone', handlers: { nothing: async () => {} } });
if (LISTEN !== undefined)
  worker.on(LISTEN as keyof WorkerEvents, () => {
    process.stdout.write(`${LISTEN}\n`);
  });
try {
  await worker.start();
} catch (error) {
  if (CATCH === undefined || !(error instanceof CannotWork)) throw error;
  process.stdout.write(`${error.code}: ${error.message}\n`);
}
