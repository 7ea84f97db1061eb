// A process whose one task is to own a PostgreSQL: started by spawnCluster in a process group of its own, so that
// Ctrl-C in a terminal does not reach the server before those who use it. Ends when told to, or when its parent is
// gone.
import { startCluster, type Cluster } from './cluster.ts';
import { LocalPostgresError } from './errors.ts';
import { supervisorOptions, type SupervisorMessage } from './supervisor-messages.ts';

const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
process.on('disconnect', () => stopping.abort());
// The parent's end of the pipe may be gone; the stop goes on.
process.stdout.on('error', () => {});

function tell(message: SupervisorMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

async function own(): Promise<Cluster> {
  const options = supervisorOptions.parse(JSON.parse(process.argv[2] ?? 'null'));
  return startCluster({
    ...options,
    signal: stopping.signal,
    onNotice: (line) => tell({ type: 'notice', line }),
    onLog: (line) => process.stdout.write(`${line}\n`),
  });
}

try {
  const cluster = await own();
  tell({ type: 'ready', url: cluster.url });
  const asked = new Promise<'asked'>((resolve) => {
    if (stopping.signal.aborted) resolve('asked');
    stopping.signal.addEventListener('abort', () => resolve('asked'));
  });
  const why = await Promise.race([asked, cluster.ended]);
  await cluster.stop();
  process.exitCode = why === 'asked' ? 0 : 1;
} catch (error) {
  const code = error instanceof LocalPostgresError ? error.code : 'did_not_start';
  tell({ type: 'failed', code, message: error instanceof Error ? error.message : String(error) });
  process.exitCode = stopping.signal.aborted ? 0 : 1;
}
if (process.connected) process.disconnect();
