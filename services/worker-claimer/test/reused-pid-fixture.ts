// Runs in a pid namespace of its own, where the kernel can be told which pid comes next: a worker's run outlives its
// worker, and the pid goes to a process that has nothing to do with it. Prints what came of it.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { makePool } from '@orchestra/database';
import { claimTasks } from '@orchestra/task-queue';
import { lookAtProcess, ownProcessIdentity } from '@orchestra/task-queue/process-table';
import { LookForTheDead } from '../src/loops/look-for-the-dead.ts';

const TRIES_MAX = 200;
const own = ownProcessIdentity();
if (own === undefined) throw new Error('no identity in here');

const startSleep = (): ChildProcess & { pid: number } => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  if (child.pid === undefined) throw new Error('sleep did not start');
  return Object.assign(child, { pid: child.pid });
};
const end = async (child: ChildProcess): Promise<void> => {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
};
const startOf = (pid: number): number => {
  const seen = lookAtProcess(pid);
  if (typeof seen === 'string') throw new Error(`process ${pid} is ${seen}`);
  return seen.startedAtTicks;
};

const db = makePool({ connectionString: process.env['DATABASE_URL'] ?? '', applicationName: 'reused pid' });
const worker = startSleep();
const startedAt = startOf(worker.pid);
const [run] = await claimTasks(db, {
  worker: 'w-lost',
  limit: 1,
  host: hostname(),
  pid: worker.pid,
  bootId: own.boot_id,
  pidNamespace: own.pid_namespace,
  processStarted: startedAt,
});
const look = new LookForTheDead({ db, leaseSeconds: 3_600, goneForMs: 0 });
const whileAlive = await look.round({ heard: true });
await end(worker);

let stranger = startSleep();
for (
  let tries = 0;
  (stranger.pid !== worker.pid || startOf(stranger.pid) === startedAt) && tries < TRIES_MAX;
  tries++
) {
  await end(stranger);
  writeFileSync('/proc/sys/kernel/ns_last_pid', String(worker.pid - 1));
  stranger = startSleep();
}
const samePid = stranger.pid === worker.pid;
const pidLives = process.kill(worker.pid, 0);
const afterwards = await look.round({ heard: true });
await end(stranger);
await db.end();
process.stdout.write(
  JSON.stringify({
    claimed: run !== undefined,
    whileAlive: whileAlive.processGone,
    samePid,
    pidLives,
    afterwards: afterwards.processGone,
  }),
);
