import { readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LocalPostgresError } from './errors.ts';
import { runProgram } from './run-program.ts';

const GONE_WAIT_MS = 30_000;
const POLL_MS = 50;

/**
 * Ends a server that still runs on these data although the process that started it was killed. Call it while holding
 * the folder's lock: only then has a running server no owner.
 *
 * @throws {LocalPostgresError} `folder_in_use` when it does not end
 */
export async function endOrphan(dataDirectory: string, notice: (line: string) => void): Promise<void> {
  const pid = await recordedPid(dataDirectory);
  if (pid === undefined || !(await servesThese(pid, dataDirectory))) return;
  notice(`an earlier start was killed and left its PostgreSQL running (pid ${pid}): ending it`);
  for (let waitedMs = 0; waitedMs < GONE_WAIT_MS; waitedMs += POLL_MS) {
    // Again and again does no harm: a fast shutdown that is under way ignores it.
    try {
      process.kill(pid, 'SIGINT');
    } catch {
      return;
    }
    await delay(POLL_MS);
  }
  throw new LocalPostgresError(
    'folder_in_use',
    `a PostgreSQL (pid ${pid}) is running on ${dataDirectory} and does not end: stop it first`,
  );
}

async function recordedPid(dataDirectory: string): Promise<number | undefined> {
  const record = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(record, 10);
  return pid > 1 && pid !== process.pid ? pid : undefined;
}

// Process ids are reused, above all after a restart of the machine: a server's working directory is its data directory.
async function servesThese(pid: number, dataDirectory: string): Promise<boolean> {
  if (process.platform === 'linux') {
    const workingDirectory = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
    return workingDirectory === (await realpath(dataDirectory));
  }
  const { code, output } = await runProgram('ps', ['-o', 'command=', '-p', String(pid)], { timeoutMs: 5_000 });
  return code === 0 && output.includes(`-D ${dataDirectory} `);
}
