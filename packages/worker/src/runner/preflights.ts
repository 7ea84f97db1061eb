import { hostname } from 'node:os';
import type { Preflight } from '@orchestra/runner';
import type { PreflightRequest, RunnerName } from '@orchestra/task-queue/contract';

export interface PreflightsOptions {
  runner: RunnerName;
  /** The name of this worker. */
  worker: string;
  /** Its commands run on another host, over ssh. */
  execHostSide: boolean;
  /** Looks at the environment. Must not reject. */
  look: (signal: AbortSignal) => Promise<Preflight>;
  /** Tells the service: `client.reportPreflight`. */
  report: (request: PreflightRequest) => Promise<unknown>;
  /** Told when the service did not take it; it is told again with the next one. */
  onUnreported: (error: Error) => void;
  /** An hour unless given: the service forgets what is older than a day. */
  everyMs?: number | undefined;
}

export interface Preflights {
  /** Looks now, on demand. Never rejects. */
  again(): Promise<Preflight>;
  stop(): void;
}

const EVERY_MS = 3_600_000;
// The contract's limits.
const SAYS_MAX = 2_000;

/**
 * Looks at a runner's environment at its start, now and then, and on demand, and tells the service. Nothing waits for
 * it, and nothing stops for what it finds.
 */
export function startPreflights({
  runner,
  worker,
  execHostSide,
  look,
  report,
  onUnreported,
  everyMs = EVERY_MS,
}: PreflightsOptions): Preflights {
  const stopped = new AbortController();
  const again = async (): Promise<Preflight> => {
    const found = await look(stopped.signal);
    const says = found.ok
      ? 'all is there'
      : found.problems.map((problem) => `${problem.says}; to repair: ${problem.fix}`).join('; ');
    await report({
      runner,
      worker,
      host: hostname(),
      outcome: found.outcome,
      exec_host_side: execHostSide,
      says: says.slice(0, SAYS_MAX),
      checks: found.checks.slice(0, 50).map((check) => ({ ...check, says: check.says.slice(0, SAYS_MAX) })),
    }).catch((error: unknown) => {
      if (!stopped.signal.aborted) onUnreported(error instanceof Error ? error : new Error(String(error)));
    });
    return found;
  };
  void again();
  const timer = setInterval(() => void again(), everyMs).unref();
  return {
    again,
    stop: () => {
      clearInterval(timer);
      stopped.abort();
    },
  };
}
