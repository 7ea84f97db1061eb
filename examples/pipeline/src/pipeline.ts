import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@orchestra/client';
import { makePlace } from './place.ts';
import { play } from './play.ts';
import { startOrchestra } from './start-orchestra.ts';
import { startWorkers } from './work-through.ts';

// On a slow machine the waits add up; beyond this something hangs.
const WHOLE_RUN_MS = 180_000;

const say = (line: string): void => { process.stdout.write(`${line}\n`); };

async function main(signal: AbortSignal): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'orchestra-pipeline-'));
  const undo: (() => Promise<unknown>)[] = [() => rm(home, { recursive: true, force: true })];
  try {
    await chmod(home, 0o755); // the bundled PostgreSQL does not run as root, and has to get in
    say(`starting Orchestra in ${home}, with the runners test and staging on`);
    const orchestra = await startOrchestra(join(home, 'orchestra'), signal);
    undo.push(() => orchestra.stop());
    const token = (await readFile(orchestra.where.token_file, 'utf8')).trim();
    const place = await makePlace(home);
    const workers = await startWorkers({ url: orchestra.where.worker_claimer, pauseUrl: orchestra.where.pause_api, token }, place);
    undo.push(() => Promise.all(workers.map((worker) => worker.stop({ drainMs: 0 }))));
    const client = createClient({ url: orchestra.where.pause_api, tasksUrl: orchestra.where.worker_claimer, token });
    await play({ client, place, signal, saw: (line) => say(`  ${line}`) });
  } finally {
    for (const one of undo.toReversed()) await one().catch((error: unknown) => say(String(error)));
  }
}

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort(new Error(`stopped by ${signal}`)));
try {
  await main(AbortSignal.any([interrupted.signal, AbortSignal.timeout(WHOLE_RUN_MS)]));
  say('pipeline: held');
} catch (error) {
  say(`NOT HELD: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
