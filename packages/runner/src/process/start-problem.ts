import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

/** What is missing where the system says ENOENT, which it says of three things alike. */
export const MISSING = ['command', 'interpreter', 'folder'] as const;
export type Missing = (typeof MISSING)[number];

/** Why a command could not be started. */
export interface StartProblem {
  /** The system's code, for example ENOENT; null: an error without one. */
  readonly code: string | null;
  readonly missing: Missing | null;
  /** What is wrong with it, said of the command as "it". */
  readonly message: string;
  readonly cause: unknown;
}

/** Looks once more at what could not be started, to say which part of it was at fault. */
export function startProblem(
  program: string,
  { cwd, env }: { cwd: string | undefined; env: NodeJS.ProcessEnv },
  cause: unknown,
): StartProblem {
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : null;
  const told = cause instanceof Error ? cause.message : String(cause);
  if (code === 'EACCES' || code === 'EPERM') return { code, missing: null, message: 'it may not be executed', cause };
  if (code !== 'ENOENT') return { code, missing: null, message: told, cause };
  if (cwd !== undefined && !isFolder(cwd))
    return { code, missing: 'folder', message: `its working folder ${cwd} is missing`, cause };
  const file = findProgram(program, cwd ?? '.', env['PATH'] ?? '');
  if (file === undefined) return { code, missing: 'command', message: 'there is no such command', cause };
  return {
    code,
    missing: 'interpreter',
    message: `the interpreter that it names is missing: ${interpreterOf(file) ?? 'its dynamic loader'}`,
    cause,
  };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The file that would be executed; undefined: there is none. */
export function findProgram(program: string, cwd: string, path: string): string | undefined {
  const places = program.includes('/')
    ? [isAbsolute(program) ? program : join(cwd, program)]
    : path.split(delimiter).map((folder) => resolve(cwd, folder, program));
  return places.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return statSync(file).isFile();
    } catch {
      return false;
    }
  });
}

/** What stands behind `#!`. */
function interpreterOf(file: string): string | undefined {
  try {
    const handle = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(256);
      const line = bytes.toString('utf8', 0, readSync(handle, bytes)).split('\n')[0] ?? '';
      return line.startsWith('#!') ? line.slice(2).trim() : undefined;
    } finally {
      closeSync(handle);
    }
  } catch {
    return undefined; // not for us to read
  }
}
