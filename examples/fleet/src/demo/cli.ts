import { execFile } from 'node:child_process';
import { CLI, NotHeld } from '@orchestra/example-acceptance';

const TIMEOUT_MS = 30_000;

/**
 * Runs `orchestra …` as a process, as a person would, and answers what it prints with `--json`.
 *
 * @throws NotHeld when it fails; the signal's reason when it is aborted
 */
export function orchestra(args: readonly string[], env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [CLI, ...args, '--json'],
      { env, signal, timeout: TIMEOUT_MS, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (signal.aborted) return reject(signal.reason);
        if (error !== null)
          return reject(
            new NotHeld(`orchestra ${args.join(' ')} failed: ${stderr.trim() || error.message}`, { cause: error }),
          );
        try {
          resolve(JSON.parse(stdout));
        } catch (cause) {
          reject(
            new NotHeld(`orchestra ${args.join(' ')} --json printed what is no JSON: ${stdout.slice(0, 500)}`, {
              cause,
            }),
          );
        }
      },
    );
  });
}

/** As it would be typed. */
export function typed(args: readonly string[]): string {
  return ['orchestra', ...args.map((arg) => (/^[\w./:-]+$/.test(arg) ? arg : `"${arg}"`))].join(' ');
}
