import { access, constants, mkdir } from 'node:fs/promises';
import { preflightBy, type Preflight, type PreflightNotes } from '../preflight-notes.ts';
import { findProgram } from '../process/start-problem.ts';
import { git, GitFailure } from '../worktree/git.ts';

export interface TestSettings {
  /** By repo. */
  projects: Readonly<Record<string, { repository: string; command: readonly string[] }>>;
  /** Where worktrees and reports go. */
  folder: string;
}

const TIME_LIMIT_MS = 30_000;

/**
 * Proves that a test runner could work: its folder can be written, git is there, each project's clone is there, and its
 * command is on the PATH (one that is part of the project itself is looked for when it runs). Never rejects.
 *
 * Codes: `folder_not_writable`, `git_missing`, `no_repository`, `command_missing`, `preflight_failed`.
 */
export function preflightTests(
  { projects, folder }: TestSettings,
  { signal }: { signal?: AbortSignal } = {},
): Promise<Preflight> {
  return preflightBy(async (notes) => {
    await lookAtFolder(folder, notes);
    if (findProgram('git', '.', process.env['PATH'] ?? '') === undefined) {
      notes.bad('git', {
        code: 'git_missing',
        says: 'there is no git on the PATH of this runner',
        fix: 'install git on the machine of this runner',
      });
      return;
    }
    notes.good('git', 'git is there');
    for (const [repo, { repository, command }] of Object.entries(projects)) {
      await lookAtRepository(repo, repository, notes, signal);
      lookAtCommand(repo, command[0] ?? '', notes);
    }
  });
}

async function lookAtFolder(folder: string, notes: PreflightNotes): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK | constants.X_OK);
    notes.good('folder', `worktrees and reports go to ${folder}`);
  } catch (error) {
    notes.bad('folder', {
      code: 'folder_not_writable',
      says: `the folder ${folder} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      fix: 'give the user of this runner the right to write there, or name another folder',
    });
  }
}

async function lookAtRepository(
  repo: string,
  repository: string,
  notes: PreflightNotes,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await git(repository, ['rev-parse', '--git-dir'], { signal, timeLimitMs: TIME_LIMIT_MS });
    notes.good(`repository ${repo}`, `the clone is at ${repository}`);
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    notes.bad(`repository ${repo}`, {
      code: 'no_repository',
      says: `there is no clone of ${repo} at ${repository}: ${error.end.stderr.text().trim() || error.message}`,
      fix: 'clone it there, readable by the user of this runner',
    });
  }
}

function lookAtCommand(repo: string, program: string, notes: PreflightNotes): void {
  if (program.includes('/') && !program.startsWith('/')) return;
  if (findProgram(program, '.', process.env['PATH'] ?? '') !== undefined)
    notes.good(`command ${repo}`, `${program} is there`);
  else
    notes.bad(`command ${repo}`, {
      code: 'command_missing',
      says: `${program}, which tests ${repo}, is missing`,
      fix: `install ${program} on the machine of this runner, or correct the command`,
    });
}
