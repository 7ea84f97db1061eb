import { closeSync, readFileSync } from 'node:fs';

/** Names the file descriptor on which a process is handed the part of its environment that nobody else may see. */
export const HIDDEN_FD = 'ORCHESTRA_HIDDEN_FD';

let hidden: Readonly<Record<string, string>> | undefined;

/**
 * This process's environment, with what was handed to it apart. The kernel shows every program of the same user the
 * environment that a process was started with (`/proc/PID/environ`), whatever becomes of it later; so secrets come by a
 * pipe.
 *
 * @throws Error when what was handed over is not what we hand over
 */
export function ownEnvironment(): NodeJS.ProcessEnv {
  hidden ??= takeHidden();
  return { ...process.env, ...hidden };
}

/** Call it before anything is spawned, which would inherit the pipe. */
export function takeHiddenEnvironment(): void {
  ownEnvironment();
}

function takeHidden(): Record<string, string> {
  const fd = process.env[HIDDEN_FD];
  delete process.env[HIDDEN_FD];
  if (!fd) return {};
  if (!/^[0-9]{1,4}$/.test(fd))
    throw new Error(`${HIDDEN_FD} is set by Orchestra itself, and names no file descriptor; unset it`);
  const text = readFileSync(Number(fd), 'utf8');
  closeSync(Number(fd));
  const given: unknown = JSON.parse(text);
  if (typeof given !== 'object' || given === null) throw new Error(`what came by ${HIDDEN_FD} is no environment`);
  return Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
