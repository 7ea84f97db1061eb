import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 500;
const LEVELS_MAX = 12;
const PACKAGE_MANAGER = /(^|[/\s])(npm|npx|pnpm|yarn|corepack)(-cli)?(\.[cm]?js)?(\s|$)/;
const SHELL_WITH_SCRIPT = /^(\S*\/)?(sh|bash|dash|zsh|ash)\s+(-\w+\s+)*-c\s/;

// Set by bin/run.js where it runs itself again on a newer Node.js; it means something to its own child only.
const STARTED_BY = 'ORCHESTRA_STARTED_BY';

/**
 * Calls `onGone` once when a package manager that this process was started by is gone. `npx pnpm start` is npm, a
 * shell, pnpm and another shell before it is us, and npm passes no signal on: whoever stops the `npx` that they see
 * would leave everything running.
 *
 * @returns ends the watch
 */
export function watchLaunchers(onGone: () => void): () => void {
  const chain = launchers();
  if (chain.length === 0) return () => {};
  const timer = setInterval(() => {
    if (isWhole(chain)) return;
    clearInterval(timer);
    onGone();
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** From our parent up to the topmost package manager, with nothing but package managers and their shells between. */
function launchers(): number[] {
  const isRunAgain = process.env[STARTED_BY] === String(process.ppid);
  if (!isRunAgain && process.env['npm_lifecycle_event'] === undefined) return [];
  const pids: number[] = [];
  let whole = 0;
  for (let pid = process.ppid; pid > 1 && pids.length < LEVELS_MAX;) {
    const seen = lookAt(pid);
    if (seen === undefined) break;
    const isManager =
      (isRunAgain && pid === process.ppid) || PACKAGE_MANAGER.test(seen.command.split(' ', 3).join(' '));
    if (!isManager && !SHELL_WITH_SCRIPT.test(seen.command)) break;
    pids.push(pid);
    if (isManager) whole = pids.length;
    pid = seen.parent;
  }
  return pids.slice(0, whole);
}

/** Each still the child of the next: one that has ended is nobody's parent any more, also while it is a zombie. */
function isWhole(chain: readonly number[]): boolean {
  if (process.ppid !== chain[0]) return false;
  if (process.platform !== 'linux') return chain.every(isThere);
  return chain.every((pid, place) => {
    const above = chain[place + 1];
    const seen = readStat(pid);
    return seen !== undefined && (above === undefined || seen.parent === above);
  });
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function lookAt(pid: number): { parent: number; command: string } | undefined {
  try {
    if (process.platform !== 'linux') {
      const [parent = '', ...command] = execFileSync('ps', ['-o', 'ppid=,args=', '-p', String(pid)], {
        encoding: 'utf8',
      })
        .trim()
        .split(/\s+/);
      return { parent: Number(parent), command: command.join(' ') };
    }
    const stat = readStat(pid);
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return stat && { parent: stat.parent, command };
  } catch {
    return undefined; // it has just ended, or belongs to somebody who shows us nothing
  }
}

function readStat(pid: number): { parent: number } | undefined {
  try {
    // The name stands in brackets and may hold anything; after it come the state and the parent.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : { parent: Number(parent) };
  } catch {
    return undefined;
  }
}
