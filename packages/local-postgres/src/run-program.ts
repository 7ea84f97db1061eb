import { spawn, type SpawnOptions } from 'node:child_process';
import { parse } from 'node:path';
import type { SystemUser } from './system-user.ts';

const OUTPUT_KEPT_CHARS = 4_000;

export interface ProgramEnd {
  /** null: ended by a signal, or never started */
  code: number | null;
  /** The end of what it wrote, both streams. */
  output: string;
}

/**
 * What every program here is started with: as `user`, in a folder that anyone may enter, untouched by the caller's
 * `PG…` variables.
 */
export function spawnOptions(user: SystemUser | undefined): SpawnOptions {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('PG') && !name.startsWith('LC_')),
  );
  return {
    ...(user && { uid: user.uid, gid: user.gid }),
    cwd: parse(process.cwd()).root,
    // Its messages are read, so they must be in English.
    env: { ...env, LC_ALL: 'C' },
    windowsHide: true,
  };
}

/**
 * Runs a program to its end. Never rejects: one that cannot be started ends with code null and the reason as its
 * output.
 */
export function runProgram(
  file: string,
  args: string[],
  options: { user?: SystemUser | undefined; signal?: AbortSignal | undefined; timeoutMs: number },
): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    let output = '';
    const keep = (bytes: unknown): void => {
      output = (output + String(bytes)).slice(-OUTPUT_KEPT_CHARS);
    };
    const child = spawn(file, args, {
      ...spawnOptions(options.user),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      signal: options.signal,
    });
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.on('error', (error) => {
      keep(error.message);
      if (child.pid === undefined) resolve({ code: null, output });
    });
    child.on('close', (code) => resolve({ code, output }));
  });
}
