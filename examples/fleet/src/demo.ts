// The acceptance run: `npx pnpm demo`. Starts all of Orchestra in a place of its own, plays eight steps, and stops it
// again. Exit code 0 when every step held; the last line says how many did.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cleanup } from '@orchestra/example-acceptance';
import { demoEnvironment } from './demo/demo-environment.ts';
import { logTails } from './demo/log-tails.ts';
import { createScratchDatabase, withDatabaseOf } from './demo/scratch-database.ts';
import { Stage } from './demo/stage.ts';
import { fleetWorks } from './demo/steps/1-fleet-works.ts';
import { pauseSkeptic } from './demo/steps/2-pause-skeptic.ts';
import { pauseIsKept } from './demo/steps/3-pause-is-kept.ts';
import { restartWakesNothing } from './demo/steps/4-restart-wakes-nothing.ts';
import { unpauseInOrder } from './demo/steps/5-unpause-in-order.ts';
import { alertsPauseActor } from './demo/steps/6-alerts-pause-actor.ts';
import { oneTaskOfARepo } from './demo/steps/7-one-task-of-a-repo.ts';
import { questionIsAnswered } from './demo/steps/8-question-is-answered.ts';
import { workRepository } from './demo/work-repository.ts';

const STEPS = 8;
// On a slow machine the waits add up; beyond this something hangs.
const WHOLE_RUN_MS = 180_000;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
let held = 0;

async function step<T>(title: string, play: () => Promise<T>): Promise<T> {
  say(`\n${held + 1}. ${title}`);
  const startedAt = performance.now();
  const answer = await play();
  held += 1;
  say(`   passed (${((performance.now() - startedAt) / 1_000).toFixed(1)} s)`);
  return answer;
}

async function playAll(
  home: string,
  cleanup: Cleanup,
  signal: AbortSignal,
  opened: (stage: Stage) => void,
): Promise<void> {
  const server = process.env['DATABASE_URL'] || undefined;
  const database = server === undefined ? undefined : await createScratchDatabase(server);
  if (database !== undefined) cleanup.add(() => database.drop());
  const listen =
    database && process.env['LISTEN_DATABASE_URL']
      ? withDatabaseOf(database.url, process.env['LISTEN_DATABASE_URL'])
      : undefined;

  const repo = await workRepository(home, say);
  say(
    `starting Orchestra in ${home}, on ` +
      `${database === undefined ? 'a PostgreSQL of its own' : 'a database of its own on the server of DATABASE_URL'}`,
  );
  const stage = await Stage.open({
    env: demoEnvironment(home, database?.url, listen),
    repo,
    scratch: home,
    cleanup,
    say,
    signal,
  });
  opened(stage);
  say(
    `pause-api ${stage.where.pause_api}, worker-claimer ${stage.where.worker_claimer}, alert-cascade ` +
      `${stage.where.alert_cascade}`,
  );

  await step(`the fleet works through ${repo}`, () => fleetWorks(stage));
  const pause = await step('skeptic runs away, and is paused', () => pauseSkeptic(stage));
  await step('what skeptic has in flight ends, its next claim is deferred, the others go on', () =>
    pauseIsKept(stage, pause),
  );
  await step('every worker is killed and started again: nothing of skeptic starts', () =>
    restartWakesNothing(stage, pause),
  );
  await step('skeptic is unpaused: its tasks go on at once, in order', () => unpauseInOrder(stage, pause));
  await step('three critical alerts pause an actor by themselves, and the page shows it', () =>
    alertsPauseActor(stage),
  );
  await step('two tasks of one repo: the second starts when the first has ended', () => oneTaskOfARepo(stage));
  await step(
    'a task asks a question and is parked; its repo goes on, and the answer reaches its next run',
    async () => {
      await questionIsAnswered(stage);
      await stage.close();
      stage.saw('everything is stopped; nothing is left running');
    },
  );
}

async function main(): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => interrupted.abort(new Error(`stopped by ${signal}`)));
  const signal = AbortSignal.any([interrupted.signal, lateAfter(WHOLE_RUN_MS)]);
  const home = await mkdtemp(join(tmpdir(), 'orchestra-demo-'));
  await chmod(home, 0o755); // the bundled PostgreSQL does not run as root, and has to get in
  const cleanup = new Cleanup();
  cleanup.add(() => rm(home, { recursive: true, force: true }));
  let stage: Stage | undefined;
  try {
    await playAll(home, cleanup, signal, (opened) => {
      stage = opened;
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (interrupted.signal.aborted) say(`\n   ${message}`);
    else
      for (const line of [
        `NOT HELD: ${message}`,
        ...(await logTails(join(home, 'logs'))),
        '--- agents',
        ...(stage?.agentLines ?? []),
      ])
        say(`   ${line}`);
  }
  const cleaned = await cleanup.run().then(
    () => true,
    (error: unknown) => {
      say(String(error));
      return false;
    },
  );
  return held === STEPS && cleaned ? 0 : 1;
}

function lateAfter(ms: number): AbortSignal {
  const late = new AbortController();
  setTimeout(() => late.abort(new Error(`the whole run was to take ${ms / 1_000} s at most`)), ms).unref();
  return late.signal;
}

process.exitCode = await main();
say(`\ndemo: ${held} of ${STEPS} steps passed`);
