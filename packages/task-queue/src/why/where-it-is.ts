import type { Hold } from '../contract/index.ts';
import type { TaskFacts } from './facts.ts';

/** Of a task that does not wait: it is running, or it has ended, and how. */
export function whereItIs({ status, run, ended, attempts }: TaskFacts): Hold {
  if (status === 'running') {
    const { worker = null, host = null } = run ?? {};
    const at =
      run?.claimedAhead === true
        ? 'it has been claimed ahead, and as far as is known not begun, by'
        : 'it is running, at';
    return {
      kind: 'running',
      since: run?.startedAt ?? null,
      until: null,
      says: `${at} worker ${worker ?? 'unknown'}${onHost(host)}`,
      ...(run === null ? {} : { run_id: run.id }),
      ...(worker === null ? {} : { worker }),
      ...(host === null ? {} : { host }),
    };
  }
  const { at: since = null, error = null } = ended ?? {};
  if (status !== 'failed')
    return { kind: 'ended', since, until: null, says: status === 'succeeded' ? 'it is done' : 'it has been cancelled' };
  const reason = error === null ? {} : { reason: error };
  const usedUp =
    attempts.crashes >= attempts.crashesMax
      ? `it was taken from lost workers ${times(attempts.crashes)}, as often as it may be`
      : attempts.used >= attempts.max
        ? `its ${attempts.max === 1 ? 'one attempt is' : `${attempts.max} attempts are`} used up`
        : null;
  return usedUp === null
    ? { kind: 'ended', since, until: null, says: 'it has failed, and is not to be tried again', ...reason }
    : {
        kind: 'attempts',
        since,
        until: null,
        says: `it has failed: ${usedUp}. \`orchestra task retry\` gives it all of them again`,
        ...reason,
      };
}

export const onHost = (host: string | null): string => (host === null ? '' : ` on ${host}`);

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);
