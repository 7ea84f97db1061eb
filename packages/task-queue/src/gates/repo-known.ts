import type { Queryable } from '@orchestra/database';
import { nearLabels } from '../labels/near-labels.ts';
import { NAMES_MAX } from '../labels/known-names.ts';

const NEAR_MAX = 5;

/** A gate is made when a task first names its repo, or somebody freezes or limits it, and stays. */
export async function isRepoKnown(db: Queryable, repo: string): Promise<boolean> {
  return (await db.query('select from repo_gates g where g.repo = $1', [repo])).rowCount === 1;
}

/** Known repos whose names come near this one, nearest first. */
export async function nearRepos(db: Queryable, repo: string): Promise<string[]> {
  const { rows } = await db.query<{ repo: string }>('select g.repo from repo_gates g where g.repo <> $1 limit $2', [
    repo,
    NAMES_MAX,
  ]);
  return nearLabels(
    repo,
    rows.map((row) => row.repo),
    NEAR_MAX,
  );
}
