import { readdir, readFile } from 'node:fs/promises';
import type { Queryable } from '@orchestra/database';

/**
 * The processor time, in microseconds, that a process and its running children have used so far, by the scheduler's own
 * count (`/proc/<pid>/task/<tid>/schedstat`: nanoseconds first). undefined where the system does not tell.
 */
export async function cpuTimeUs(pid: number, { children = false } = {}): Promise<number | undefined> {
  const pids = [pid, ...(children ? await childrenOf(pid) : [])];
  const times = await Promise.all(pids.map(threadsUs));
  return times[0] === undefined ? undefined : times.reduce<number>((sum, time) => sum + (time ?? 0), 0);
}

/**
 * The process that all connections of a server are children of; undefined on another machine, or where the system does
 * not tell.
 */
export async function serverPid(db: Queryable): Promise<number | undefined> {
  const {
    rows: [row],
  } = await db.query<{ pid: number }>('select pg_backend_pid() as pid');
  return row === undefined ? undefined : (await statusOf(row.pid))?.parent;
}

async function childrenOf(pid: number): Promise<number[]> {
  const all = (await readdir('/proc').catch(() => [])).map(Number).filter((one) => Number.isInteger(one));
  const statuses = await Promise.all(all.map(async (one) => ({ one, status: await statusOf(one) })));
  return statuses.filter(({ status }) => status?.parent === pid).map(({ one }) => one);
}

async function statusOf(pid: number): Promise<{ parent: number } | undefined> {
  // A process may end while it is looked at.
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // pid (name) state parent …; the name may hold anything, a closing bracket too
  const parent = Number(text?.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
  return Number.isInteger(parent) ? { parent } : undefined;
}

async function threadsUs(pid: number): Promise<number | undefined> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => undefined);
  if (threads === undefined) return undefined;
  const texts = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0')),
  );
  return texts.reduce((sum, text) => sum + Number(text.split(' ')[0]) / 1_000, 0);
}
