import { inUtc, type Queryable } from '@orchestra/database';
import type { RepoGateView, SerialGateView } from '../contract/index.ts';
import {
  ACTIVE_PAUSES_CTE,
  type GatedRepos,
  isEligible,
  isGated,
  isPaused,
  NAMED_FIRST,
  pauseCovers,
} from '../sql/predicates.ts';

/** `GET /api/queue` tells of so many repos at most. */
export const REPOS_LISTED_MAX = 200;
// Of each repo: holders and parked tasks.
const TASKS_LISTED_MAX = 20;

// Counts and heads are read from the gates, which triggers keep; what holds and what is parked is looked up.
const READ = `
with ${ACTIVE_PAUSES_CTE}
select g.repo, ${isGated('g.repo', '$1')} as gated, g.max_in_progress, g.in_progress + g.between_stages as in_progress,
       g.waiting - g.between_stages as waiting,
       case when g.frozen_at is not null then jsonb_build_object('at', g.frozen_at, 'by', g.frozen_by, 'reason',
         g.freeze_reason) end as frozen,
       case when g.head_id is not null then jsonb_build_object('task_id', g.head_id::text, 'waiting_for',
         case when ${isGated('g.repo', '$1')} and (g.frozen_at is not null or g.in_progress >= g.max_in_progress)
           then 'gate'
              when ${isPaused('h')} then 'pause'
              when not ${isEligible('h')} then 'retry'
              else 'worker' end,
         'pause_id', (select p.id::text
                        from active_pauses p
                       where ${pauseCovers('p', 'h')}
                       order by ${NAMED_FIRST}
                       limit 1)) end as head,
       coalesce((select jsonb_agg(jsonb_build_object('task_id', p.id::text, 'status', p.status, 'run_id', p.run_id,
                                                     'worker', p.worker_id, 'since', p.since)
         order by p.id)
          from (select *
                  from (select t.id, t.status, t.run_id, t.worker_id, coalesce(t.started_at, t.held_at) as since
                          from tasks t
                 where t.repo = g.repo and t.status in ('running', 'held') and t.paused_at is null
                 order by t.id limit ${TASKS_LISTED_MAX}) h
                 union all
                select * from (select t.id, t.status, t.run_id, t.worker_id, t.stage_since from tasks t
                 where t.repo = g.repo and t.status = 'queued' and t.paused_at is null and t.stage_since is not null
                 order by t.id limit ${TASKS_LISTED_MAX}) b
                order by id limit ${TASKS_LISTED_MAX}) p), '[]') as holders,
       coalesce((select jsonb_agg(jsonb_build_object('task_id', p.id::text, 'by', p.paused_by, 'reason',
                                                     p.pause_reason, 'since', p.paused_at,
                                                     'has_question', p.questions is not null and p.answer is null)
                                                       order by p.id)
          from (select t.id, t.paused_by, t.pause_reason, t.paused_at, t.questions, t.answer from tasks t
                 where t.repo = g.repo and t.paused_at is not null and t.status in ('queued', 'running', 'held')
                 order by t.id limit ${TASKS_LISTED_MAX}) p), '[]') as parked,
       (select count(*)::int from tasks t
         where t.repo = g.repo and t.paused_at is not null
           and t.status in ('queued', 'running', 'held')) as parked_count
  from repo_gates g
  left join tasks h on h.id = g.head_id
 where ($2::text is null or g.repo = $2)
   and ($4::text is null or position(lower($4) in lower(g.repo)) > 0)
   and ($2::text is not null or g.in_progress > 0 or g.waiting > 0 or g.frozen_at is not null or g.max_in_progress <> 1
        or exists (select
                     from tasks t
                    where t.repo = g.repo
                      and t.paused_at is not null
                      and t.status in ('queued', 'running', 'held')))
 order by g.repo
 limit $3`;

/**
 * The gates of repos for which there is something to tell, by name; those without are left out, but one that is asked
 * for by its name.
 */
export async function readSerialGate(
  db: Queryable,
  gatedRepos: GatedRepos = null,
  { repo, contains }: { repo?: string | undefined; contains?: string | undefined } = {},
): Promise<SerialGateView> {
  const { rows } = await db.query<RepoGateView>(READ, [
    gatedRepos,
    repo ?? null,
    REPOS_LISTED_MAX + 1,
    contains ?? null,
  ]);
  return {
    enabled: gatedRepos === null || gatedRepos.length > 0,
    only_repos: gatedRepos === null || gatedRepos.length === 0 ? null : [...gatedRepos],
    repos: rows.slice(0, REPOS_LISTED_MAX).map(toView),
    more: rows.length > REPOS_LISTED_MAX,
  };
}

/** One repo's gate; undefined where no task has named the repo and nobody has frozen or limited it. */
export async function findRepoGate(
  db: Queryable,
  repo: string,
  gatedRepos: GatedRepos = null,
): Promise<RepoGateView | undefined> {
  const {
    rows: [row],
  } = await db.query<RepoGateView>(READ, [gatedRepos, repo, 1, null]);
  return row === undefined ? undefined : toView(row);
}

function toView(row: RepoGateView): RepoGateView {
  return {
    ...row,
    frozen: row.frozen === null ? null : { ...row.frozen, at: inUtc(row.frozen.at) },
    holders: row.holders.map((holder) => ({ ...holder, since: inUtc(holder.since) })),
    parked: row.parked.map((task) => ({ ...task, since: inUtc(task.since) })),
  };
}
