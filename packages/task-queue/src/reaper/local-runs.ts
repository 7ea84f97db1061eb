import type { Queryable } from '@orchestra/database';
import type { Here, RunProcess } from './classify-process.ts';

export interface RunFromHere extends RunProcess {
  run_id: string;
}

// More than any one machine runs; those that have been silent longest come first.
const RUNS_MAX = 10_000;

/**
 * Runs whose claims told of a process on this boot and in this pid namespace, or on another boot of a host of this
 * name.
 */
export async function listRunsFromHere(db: Queryable, here: Here): Promise<RunFromHere[]> {
  const { rows } = await db.query<Omit<RunFromHere, 'process_started'> & { process_started: string }>(
    `select t.run_id, t.host, t.pid, t.boot_id, t.pid_namespace, t.process_started
       from tasks t
      where t.status = 'running' and t.pid is not null and t.pid_namespace is not null and t.process_started is not null
        and ((t.boot_id = $1 and t.pid_namespace = $2) or (t.boot_id <> $1 and t.host = $3))
      order by t.heartbeat_at limit ${RUNS_MAX}`,
    [here.boot_id, here.pid_namespace, here.host],
  );
  return rows.map((row) => ({ ...row, process_started: Number(row.process_started) }));
}
