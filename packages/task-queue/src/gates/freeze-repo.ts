import { inTransaction, type Database } from '@orchestra/database';
import type { RepoGateView } from '../contract/index.ts';
import { TaskError } from '../errors.ts';
import type { GatedRepos } from '../sql/predicates.ts';
import { isRepoKnown, nearRepos } from './repo-known.ts';
import { findRepoGate } from './serial-gate-view.ts';

// Each answers the gate as it is afterwards. The history is written by a trigger, so that a row changed by hand has one
// too.

/**
 * Closes a repo's gate until somebody thaws it: none of its tasks starts once this has answered. What is running goes
 * on. A gate that is frozen already is left as it is, with its first reason. A repo that no task has named yet may be
 * frozen too; the answer says so.
 *
 * @param options.mustBeKnown true: such a repo is refused, because it may be a slip of the pen
 * @throws TaskError `repo_not_found`
 */
export function freezeRepo(
  db: Database,
  repo: string,
  by: string,
  reason: string,
  gatedRepos?: GatedRepos,
  { mustBeKnown = false }: { mustBeKnown?: boolean } = {},
): Promise<RepoGateView> {
  return changeGate(
    db,
    repo,
    by,
    gatedRepos,
    mustBeKnown,
    `insert into repo_gates as g (repo, frozen_at, frozen_by, freeze_reason) values ($1, now(), $2, $3)
         on conflict (repo) do update set frozen_at = excluded.frozen_at, frozen_by = excluded.frozen_by,
           freeze_reason = excluded.freeze_reason
      where g.frozen_at is null`,
    [by, reason],
  );
}

/** Opens a frozen gate. One that is not frozen is left as it is. @throws TaskError `repo_not_found` */
export function thawRepo(db: Database, repo: string, by: string, gatedRepos?: GatedRepos): Promise<RepoGateView> {
  return changeGate(
    db,
    repo,
    by,
    gatedRepos,
    true,
    `update repo_gates g set frozen_at = null, frozen_by = null, freeze_reason = null
       where g.repo = $1 and g.frozen_at is not null`,
    [],
  );
}

/**
 * Lets so many tasks of a repo be in progress at a time, one unless set. More than that may be at work already; none is
 * stopped.
 */
export function limitRepo(
  db: Database,
  repo: string,
  by: string,
  maxInProgress: number,
  gatedRepos?: GatedRepos,
): Promise<RepoGateView> {
  return changeGate(
    db,
    repo,
    by,
    gatedRepos,
    false,
    `insert into repo_gates as g (repo, max_in_progress) values ($1, $2)
         on conflict (repo) do update set max_in_progress = excluded.max_in_progress`,
    [maxInProgress],
  );
}

function changeGate(
  db: Database,
  repo: string,
  by: string,
  gatedRepos: GatedRepos | undefined,
  mustBeKnown: boolean,
  change: string,
  values: readonly unknown[],
): Promise<RepoGateView> {
  return inTransaction(db, async (tx) => {
    // One gate: nothing has to be put in order (docs/locking.md).
    await tx.query("select set_config('orchestra.who', $1, true), set_config('orchestra.one_gate', 'on', true)", [by]);
    const isKnown = await isRepoKnown(tx, repo);
    const near = isKnown ? [] : await nearRepos(tx, repo);
    if (!isKnown && mustBeKnown) throw notKnown(repo, near);
    await tx.query(change, [repo, ...values]);
    const gate = await findRepoGate(tx, repo, gatedRepos);
    if (gate === undefined) throw notKnown(repo, near);
    return isKnown ? gate : { ...gate, repo_known: false, near_repos: near };
  });
}

function notKnown(repo: string, near: readonly string[]): TaskError {
  return new TaskError(
    'repo_not_found',
    `no task has named the repo ${repo}, and nobody has frozen or limited ` +
      `it${near.length === 0 ? '' : `; near it: ${near.join(', ')}`}`,
  );
}
