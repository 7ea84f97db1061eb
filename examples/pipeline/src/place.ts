import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from './git.ts';

/** The folders that a run of the example works in. */
export interface Place {
  /** A git repository for each repo. */
  repositories: string;
  /** The test runner's: what each task has to show is in `reports/<task id>/13-test-report.md`. */
  tests: string;
  /** The crew's worktrees, each taken away after its run. */
  worktrees: string;
  /** What staging delivers with: `staging/<repo>/deliver`. */
  staging: string;
  /** Once this file is there, the slow suite ends. */
  go: string;
}

export const REPOS = ['shop', 'site'] as const;
export type Repo = (typeof REPOS)[number];

/**
 * Makes the folders, and a git repository with one commit for each repo. Staging cannot deliver `site` yet: nobody has
 * installed its program.
 */
export async function makePlace(home: string): Promise<Place> {
  const place: Place = {
    repositories: join(home, 'repositories'),
    tests: join(home, 'tests'),
    worktrees: join(home, 'worktrees'),
    staging: join(home, 'staging'),
    go: join(home, 'go'),
  };
  for (const repo of REPOS) {
    const folder = join(place.repositories, repo);
    await mkdir(folder, { recursive: true });
    await git(folder, 'init', '--quiet', '--initial-branch=main');
    await writeFile(join(folder, 'README.md'), `# ${repo}\n`);
    await git(folder, 'add', '--all');
    await git(folder, 'commit', '--quiet', '--message', 'begin');
    await mkdir(join(place.staging, repo), { recursive: true });
  }
  await installDeliver(place, 'shop');
  return place;
}

/** The program of staging for one repo: it keeps what it is given. */
export async function installDeliver({ staging }: Place, repo: Repo): Promise<void> {
  await writeFile(join(staging, repo, 'deliver'), '#!/bin/sh\ncat > "$0.last" && echo "delivered"\n', { mode: 0o755 });
}
