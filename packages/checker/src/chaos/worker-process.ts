// A worker as a process: it does what the tasks of the workload say, and writes down what it calls and when it works.
// With CHAOS_DATABASE_URL it needs no services.
import { setTimeout as delay } from 'node:timers/promises';
import { createWorker } from '@orchestra-brake/worker';
import { z } from 'zod';
import { Recorder } from './recorder.ts';
import { recordingFetch } from './recording-fetch.ts';
import { recordQueries } from './recording-query.ts';
import { workPayload } from './work-payload.ts';

const {
  CHAOS_NAME: name,
  CHAOS_HISTORY: file,
  CHAOS_DATABASE_URL: databaseUrl,
} = z
  .object({ CHAOS_NAME: z.string(), CHAOS_HISTORY: z.string(), CHAOS_DATABASE_URL: z.string().optional() })
  .parse(process.env);
const CONCURRENCY = 4;
const STEP_MS = 50;
// Claims are to be answered often: one that is asked before a pause and answered after it proves little.
const WAIT_SECONDS = 1;

const recorder = new Recorder(file, name);
if (databaseUrl === undefined) globalThis.fetch = recordingFetch(recorder, globalThis.fetch);
else recordQueries(recorder);

const worker = createWorker({
  databaseUrl,
  name,
  concurrency: CONCURRENCY,
  waitSeconds: WAIT_SECONDS,
  abortGraceMs: 2_000,
  handlers: {
    '*': async (task, { checkpoint, signal }) => {
      const work = workPayload.parse(task.payload);
      const id = recorder.nextId();
      const run = { task: task.id, run: task.run_id, id };
      recorder.write({ op: 'work.start', phase: 'ok', ...run });
      try {
        for (let leftMs = work.ms; leftMs > 0; leftMs -= STEP_MS) {
          if (work.manners === 'looks at checkpoints') await checkpoint();
          if (work.manners !== 'deaf') signal.throwIfAborted();
          await delay(Math.min(leftMs, STEP_MS));
        }
        if (task.attempt <= work.failures) throw new Error('as the workload wants it');
        recorder.write({ op: 'work.end', phase: 'ok', ...run, how: 'done' });
        return { by: name };
      } catch (error) {
        recorder.write({ op: 'work.end', phase: 'ok', ...run, how: 'threw' });
        throw error;
      }
    },
  },
});

process.once('SIGTERM', () => void worker.stop({ drainMs: 1_000 }).then(() => process.exit(0)));
process.once('disconnect', () => process.exit(1)); // the process that started it is gone
if (!process.connected) process.exit(1); // already
await worker.start();
process.send?.({ ready: true });
