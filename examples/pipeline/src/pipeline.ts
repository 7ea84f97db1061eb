import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@orchestra-brake/client';
import { Cleanup, environmentApart, UpProcess } from '@orchestra/example-acceptance';
import { makePlace } from './place.ts';
import { play } from './play.ts';
import { startWorkers } from './work-through.ts';

// On a slow machine the waits add up; beyond this something hangs.
const WHOLE_RUN_MS = 180_000;
const SETTINGS = {
  ORCHESTRA_STAGES: fileURLToPath(new URL('../stages.yaml', import.meta.url)),
  ORCHESTRA_TEST_RUNNER: 'on',
  ORCHESTRA_STAGING_RUNNER: 'on',
};

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(cleanup: Cleanup, signal: AbortSignal): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'orchestra-pipeline-'));
  cleanup.add(() => rm(home, { recursive: true, force: true }));
  await chmod(home, 0o755); // the bundled PostgreSQL does not run as root, and has to get in
  say(`starting Orchestra in ${home}, with the runners test and staging on`);
  const up = new UpProcess(environmentApart(join(home, 'orchestra'), SETTINGS));
  cleanup.add(() => up.stop());
  const where = await up.ready(signal);
  const token = (await readFile(where.token_file, 'utf8')).trim();
  const place = await makePlace(home);
  const workers = await startWorkers({ url: where.worker_claimer, pauseUrl: where.pause_api, token }, place);
  cleanup.add(() => Promise.all(workers.map((worker) => worker.stop({ drainMs: 0 }))));
  const client = createClient({ url: where.pause_api, tasksUrl: where.worker_claimer, token });
  await play({ client, place, signal, saw: (line) => say(`  ${line}`) });
}

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => interrupted.abort(new Error(`stopped by ${signal}`)));
const cleanup = new Cleanup();
const problems: unknown[] = [];
await main(cleanup, AbortSignal.any([interrupted.signal, AbortSignal.timeout(WHOLE_RUN_MS)])).catch((error: unknown) =>
  problems.push(error),
);
await cleanup.run().catch((error: unknown) => problems.push(error));
for (const problem of problems) say(`NOT HELD: ${problem instanceof Error ? problem.message : String(problem)}`);
if (problems.length === 0) say('pipeline: passed');
else process.exitCode = 1;
