import type { Client } from '@orchestra-brake/client';
import { startPreflights } from '@orchestra-brake/worker';
import { visibleText } from '../show/visible-text.ts';
import type { RunnerWork } from './runner-work.ts';

export interface WatchOrder {
  work: RunnerWork;
  client: Pick<Client, 'queue' | 'reportPreflight'>;
  /** The name of the worker. */
  worker: string;
  tell: (line: string) => void;
}

/**
 * Looks at the runner's environment now, every hour, and on SIGUSR2; tells the service and the person at the terminal.
 * Nothing waits for it.
 *
 * @returns ends it
 */
export function watchRunner({ work, client, worker, tell }: WatchOrder): () => void {
  const preflights = startPreflights({
    runner: work.runner,
    worker,
    execHostSide: work.execHostSide,
    look: async (signal) => {
      const found = await work.look(signal);
      if (signal.aborted) return found;
      if (found.ok) tell('preflight: all is there');
      for (const { says, fix } of found.problems)
        tell(`preflight: ${visibleText(says)}; to repair: ${visibleText(fix)}`);
      return found;
    },
    report: (request) => client.reportPreflight(request),
    onUnreported: (error) =>
      tell(
        `the preflight could not be told to the service (${visibleText(error.message)}); it is told again in ` +
          `an hour, or with kill -USR2 ${process.pid}`,
      ),
  });
  const again = (): void => void preflights.again();
  process.on('SIGUSR2', again);
  let ended = false;
  // Somebody who starts a runner wants tasks for it; with its switch off none ever comes.
  client.queue().then(
    ({ runners }) => {
      const switched = runners.find(({ runner }) => runner === work.runner)?.switched;
      if (!ended && switched === 'off')
        tell(
          `the switch of this runner is off (ORCHESTRA_${work.runner.toUpperCase()}_RUNNER): its tasks go to ` +
            `the skill's ordinary workers`,
        );
    },
    (error: unknown) => {
      if (!ended)
        tell(
          'whether the switch of this runner is on could not be read ' +
            `(${visibleText(error instanceof Error ? error.message : String(error))})`,
        );
    },
  );
  return () => {
    ended = true;
    process.off('SIGUSR2', again);
    preflights.stop();
  };
}
